import { main } from '../sources';

const documents = () => main().values('g_json', 'j');

export function jsonDocuments(): void {
  test('G01 valid JSON arrives, 9007199254740993 to the digit', async () => {
    expect(await main().unaccounted('g_json')).toEqual([]);
    expect((await documents())[4]).toMatch(/^\{"n": ?9007199254740993\}$/);
  });

  test('G02 of a member that is there twice, no value is dropped without a word', async () => {
    expect((await documents())[3]).toBe('{"a":1,"a":2}');
  });

  test('G03 \\u0000 and a lone surrogate, which jsonb refuses, are kept', async () => {
    const values = await documents();
    expect([values[8], values[9]]).toEqual([String.raw`{"s":"a\u0000b"}`, String.raw`{"s":"\ud800"}`]);
  });

  test('G04 1e400 does not become Infinity', async () => {
    expect((await documents())[5]).toBe('{"n":1e400}');
  });

  test('G05 what is no JSON stays what it is, and the empty string is not NULL', async () => {
    expect(await documents()).toMatchObject({
      14: '',
      15: '{bad',
      16: '{a:1,}',
      17: '{"n":NaN}',
      18: '{}{}',
      19: '\ufeff{}',
      21: "{'a': True}",
      22: null,
    });
  });

  test('G06 5,000 nested arrays arrive', async () => {
    expect((await documents())[20]).toBe('['.repeat(5000) + ']'.repeat(5000));
  });
}
