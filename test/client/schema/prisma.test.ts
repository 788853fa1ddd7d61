import { format, get_dmmf, validate } from '@prisma/prisma-schema-wasm';
import { prismaArtefact } from '../../../client/schema/prisma';
import { everyDatabase, PROVENANCE } from './sources';

interface Model {
  dbName: string;
  schema: string;
  fields: { name: string; dbName?: string; kind: string; isRequired: boolean; relationFromFields?: string[] }[];
}

const text = (schema: string) => [['schema.prisma', schema]];

/** Throws what Prisma says against the schema. */
const check = (schema: string): void => validate(JSON.stringify({ prismaSchema: text(schema), noColor: true }));

test.each(everyDatabase)(
  '%s: Prisma takes the schema, as a model for each table and a field for each column',
  async (_name, targetOf) => {
    const target = await targetOf();
    const [{ text: schema } = { text: '' }] = prismaArtefact(target, PROVENANCE);
    check(schema);
    const formatting = { tabSize: 2, insertSpaces: true };
    const textDocument = { uri: 'file:/schema.prisma' };
    expect(format(schema, JSON.stringify({ textDocument, options: formatting }))).toBe(schema);
    const { datamodel } = JSON.parse(get_dmmf(JSON.stringify({ prismaSchema: text(schema), noColor: true }))) as {
      datamodel: { models: Model[] };
    };
    // Models that the client cannot have are in the text alone.
    const ignored = [...schema.matchAll(/^ {2}@@ignore\n(?: {2}@@.*\n)*? {2}@@map\("(.*)"\)$/gm)].length;
    expect(datamodel.models.length + ignored).toBe(target.tables.length);
    for (const model of datamodel.models) {
      const table = target.tables.find((one) => one.name === model.dbName)!;
      const columns = model.fields.filter(({ kind }) => kind === 'scalar');
      expect(columns.map(({ name: field, dbName = field, isRequired }) => [dbName, isRequired])).toEqual(
        table.columns.map((column) => [column.target, column.notNull]),
      );
    }
  },
);

test('what Prisma would not take is found', () => {
  expect(() => check('model A {\n  b Int\n}\n')).toThrow(/unique criteria/);
});
