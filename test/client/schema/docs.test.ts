import { printable } from '../../../client/format';
import { docsArtefact } from '../../../client/schema/docs';
import { everyDatabase, PROVENANCE } from './sources';

/** Rows of Markdown tables, as their cells; a bar of a name is escaped. */
const rowsOf = (page: string): string[][] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(/(?<!\\) \| /));

/** What an escaped cell says. */
const plain = (cell: string): string => cell.replaceAll(/\\([\\`*_[\]|<>])/g, '$1');

test.each(everyDatabase)(
  '%s: the page names every table, column and key, and what is not carried',
  async (_name, targetOf) => {
    const target = await targetOf();
    const [{ text: page } = { text: '' }] = docsArtefact(target, PROVENANCE);
    const rows = rowsOf(page);
    const seven = rows.filter((cells) => cells.length === 7 && cells[0] !== 'column').length;
    expect(seven).toBe(target.tables.reduce((sum, table) => sum + table.columns.length, 0));
    expect(page.match(/^- (Primary key|Unique|Index|Unique index) /gm)?.length ?? 0).toBe(
      target.tables.reduce((sum, t) => sum + t.unique.length + t.indexes.length + (t.primaryKey ? 1 : 0), 0),
    );
    const references = target.tables.reduce((sum, { foreignKeys }) => sum + foreignKeys.length, 0);
    expect(page.match(/^- Refers to /gm)?.length ?? 0).toBe(references);
    expect(page.match(/^- Referred to by /gm)?.length ?? 0).toBe(references);
    expect(page.match(/^ {2}\S+ (\|\||\|o)--(o\||o\{) \S+ : "/gm)?.length ?? 0).toBe(references);
    for (const link of page.matchAll(/\]\(#(.*?)\)/g)) expect(page).toContain(`<a id="${link[1]}"></a>`);
    const [, left = ''] = page.split('\n## Not carried\n');
    expect(
      rowsOf(left)
        .map(([, object]) => plain(object!))
        .slice(1),
    ).toEqual(target.notCarried.map(({ object }) => printable(object)));
  },
);
