import { existsSync } from 'node:fs';
import { jsonDocument, jsonLines } from '../../../stores/files/json-records';
import { markdownRecord } from '../../../stores/files/markdown-records';
import type { FileRecord } from '../../../stores/files/records';
import { yamlRecords } from '../../../stores/files/yaml-records';

/** What was read, in short: line and text, or line, reason and bytes. */
const brief = (records: Iterable<FileRecord>) =>
  [...records].map((record) =>
    'reason' in record
      ? [record.line, record.reason, record.raw.toString('latin1')]
      : [record.line, record.json, ...(record.body === undefined ? [] : [record.body])],
  );

/** The text in pieces of every size: where a file is cut must not matter. */
function inPieces(text: string | Buffer, size: number): Buffer[] {
  const bytes = Buffer.from(text as string);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

function pieces(read: (pieces: Iterable<Buffer>) => Iterable<FileRecord>, text: string | Buffer) {
  const whole = brief(read([Buffer.from(text as string)]));
  for (let size = 1; size < 9; size++) expect(brief(read(inPieces(text, size)))).toEqual(whole);
  return whole;
}

test('lines of JSON: blank ones are no records but are counted, either line break ends one', () => {
  expect(pieces(jsonLines, '{"id":1}\r\n\r\n{"id":2}\r\n   \n{"id":3}')).toEqual([
    [1, '{"id":1}'],
    [3, '{"id":2}'],
    [5, '{"id":3}'],
  ]);
  expect(pieces(jsonLines, '')).toEqual([]);
});

test('a last line that is cut off is unfinished; one that only lacks its line break is whole', () => {
  expect(pieces(jsonLines, '{"a":1}\n{"id":2,"t":"cut')).toEqual([
    [1, '{"a":1}'],
    [2, 'unfinished line', '{"id":2,"t":"cut'],
  ]);
  expect(pieces(jsonLines, Buffer.from('{"a":"é', 'utf8').subarray(0, -1))).toEqual([
    [1, 'unfinished line', '{"a":"Ã'],
  ]);
  expect(pieces(jsonLines, '{"a":1}\n{"b":2')).toHaveLength(2);
  expect(pieces(jsonLines, '{"a":1\n{"b":2}\n')[0]).toEqual([1, 'not JSON', '{"a":1']);
});

test('an array of objects gives its elements, whatever brackets its strings hold', () => {
  expect(pieces(jsonDocument, ' [\n {"a":"]},{\\"\\\\"},\n\n{"b":[1,{"c":[]}]} ]\n')).toEqual([
    [2, '{"a":"]},{\\"\\\\"}'],
    [4, '{"b":[1,{"c":[]}]}'],
  ]);
  expect(pieces(jsonDocument, '[]')).toEqual([]);
  expect(pieces(jsonDocument, '[1,{"a":2}]')).toEqual([[1, '[1,{"a":2}]']]);
});

test('an element that cannot be read is refused by itself, a broken array from where it breaks', () => {
  expect(pieces(jsonDocument, '[{"a":1},\n{"b":NaN},\n{"c":3}]')).toEqual([
    [1, '{"a":1}'],
    [2, 'NaN or Infinity, which JSON has not', '{"b":NaN}'],
    [3, '{"c":3}'],
  ]);
  expect(pieces(jsonDocument, '[{"a":1},\n{"b":2')).toEqual([
    [1, '{"a":1}'],
    [2, 'not JSON', '\n{"b":2'],
  ]);
  expect(pieces(jsonDocument, '[{"a":1},]')).toEqual([
    [1, '{"a":1}'],
    [1, 'not JSON', ''],
  ]);
  expect(pieces(jsonDocument, '[{"a":1}}\n{"b":2}]')).toEqual([
    [1, '{"a":1}'],
    [1, 'not JSON', '}\n{"b":2}]'],
  ]);
  expect(pieces(jsonDocument, '[{"a":1}]\n[{"b":2}]')).toEqual([
    [1, '{"a":1}'],
    [2, 'several JSON documents in one', '[{"b":2}]'],
  ]);
});

test.each([
  ['', 1, 'empty file'],
  [' \n', 1, 'empty file'],
  ['{"a":1}{"a":2}', 1, 'several JSON documents in one'],
  ['{"a":1}\n\n{"a":2}', 3, 'several JSON documents in one'],
  ['{"a":1,\n"a":2}', 2, 'duplicate keys'],
  ['{"o":{"a":1,"\\u0061":2}}', 1, 'duplicate keys'],
  ['{"a":NaN}', 1, 'NaN or Infinity, which JSON has not'],
  ['{"a":-Infinity}', 1, 'NaN or Infinity, which JSON has not'],
  ['{"a":01}', 1, 'not JSON'],
  ['{"a":1.}', 1, 'not JSON'],
  ['{"a":+1}', 1, 'not JSON'],
  ["{'a':1}", 1, 'not JSON'],
  ['{"a":1,}', 1, 'not JSON'],
  ['{"a":"\t"}', 1, 'not JSON'],
  ['{"a":"\\x"}', 1, 'not JSON'],
  ['{"a" 1}', 1, 'not JSON'],
  ['{"a":[1}', 1, 'not JSON'],
  ['nul', 1, 'not JSON'],
])('%j is refused in line %i: %s', (text, line, reason) => {
  expect(pieces(jsonDocument, text)).toEqual([[line, reason, text.trim()]]);
});

test('bytes that are not UTF-8 are refused and kept', () => {
  expect(pieces(jsonDocument, Buffer.from('{"n":"caf\xe9"}', 'latin1'))).toEqual([
    [1, 'invalid UTF-8', '{"n":"caf\xe9"}'],
  ]);
});

test('depth overflows no stack', () => {
  const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  expect([...jsonDocument([Buffer.from(deep)])].map((record) => 'json' in record && record.json === deep)).toEqual([
    true,
  ]);
  expect(brief(jsonDocument([Buffer.from('['.repeat(200_000))]))[0]![1]).toBe('not JSON');
  expect(brief(yamlRecords('['.repeat(200_000)))[0]![1]).toBe('too deeply nested');
  expect(brief(yamlRecords(`${'['.repeat(900)}${']'.repeat(900)}`))[0]![1]).toBe('too deeply nested');
});

test('YAML is that of 1.2: words stay texts, numbers keep their digits', () => {
  const text = `no: no
yes: True
country: NO
ver: 1.10
octal: 0777
hex: 0xff
sexagesimal: 12:30:45
day: 2024-02-30
nullish: ~
empty:
big: 123456789012345678901234567890
small: -.5
plus: +1
huge: 1e400
str: "42"
lines: |
  a
  b
`;
  expect(
    JSON.parse((yamlRecords(text)[0] as { json: string }).json.replace(/:(-?[\d.e]+)(?=[,}])/g, ':"# $1"')),
  ).toEqual({
    no: 'no',
    yes: true,
    country: 'NO',
    ver: '# 1.10',
    octal: '0777',
    hex: '# 255',
    sexagesimal: '12:30:45',
    day: '2024-02-30',
    nullish: null,
    empty: null,
    big: '# 123456789012345678901234567890',
    small: '# -0.5',
    plus: '# 1',
    huge: '# 1e400',
    str: '42',
    lines: 'a\nb\n',
  });
});

test('YAML documents of a file are records of their own, and one that is wrong does not hold up the others', () => {
  expect(brief(yamlRecords('---\na: 1\n---\na: 1\na: 2\n---\nb: 3\n...\n'))).toEqual([
    [2, '{"a":1}'],
    [5, 'duplicate keys', expect.stringContaining('a: 1\na: 2\n')],
    [7, '{"b":3}'],
  ]);
  expect(brief(yamlRecords(''))).toEqual([]);
});

test('anchors and merge keys are expanded; own members win', () => {
  expect(
    brief(yamlRecords('base: &b {x: 1, y: [1,2]}\nd1: {<<: *b, x: 2}\nd2: *b\nd3: {<<: [{z: 1}, *b]}\n"<<": 7')),
  ).toEqual([
    [1, '{"base":{"x":1,"y":[1,2]},"d1":{"x":2,"y":[1,2]},"d2":{"x":1,"y":[1,2]},"d3":{"z":1,"x":1,"y":[1,2]},"<<":7}'],
  ]);
});

test.each([
  ['a: 1\na: 2\n', 2, 'duplicate keys'],
  ['1: a\n"1": b\n', 2, 'duplicate keys'],
  ['a:\n\tb: 1\n', 2, 'tab as indentation'],
  ['x: 1\nself: &s [*s]\n', 2, 'alias of what it is part of'],
  ['a: &a {b: {<<: *a}}', 1, 'alias of what it is part of'],
  ['? [a, b]\n: seq key\n', 1, 'key that is no scalar'],
  ['x: !!python/object/apply:os.system ["echo pwned > /tmp/pwned"]\n', 1, 'tag that is not of YAML’s core'],
  ['x: !!binary aGk=\n', 1, 'tag that is not of YAML’s core'],
  ['x: !mine 1\n', 1, 'tag that is not of YAML’s core'],
  ['x: .inf\n', 1, 'number that JSON has not'],
  ['x: *nobody\n', 1, 'not YAML'],
  ['x: [1\n', 2, 'not YAML'],
])('YAML %j is refused in line %i: %s', (text, line, reason) => {
  expect(brief(yamlRecords(text))).toEqual([[line, reason, text]]);
  expect(existsSync('/tmp/pwned')).toBe(false);
});

test('keys that are scalars become texts', () => {
  expect(brief(yamlRecords('1: one\n1.50: x\ntrue: t\nnull: n\n'))).toEqual([
    [1, '{"1":"one","1.50":"x","true":"t","null":"n"}'],
  ]);
});

test('a bomb of aliases is refused before it goes off', () => {
  const letters = [...'bcdefghi'];
  const bomb = `a: &a ["x","x","x","x","x","x","x","x","x"]\n${letters
    .map((letter, i) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`)
    .join('\n')}\n`;
  const begun = Date.now();
  expect(brief(yamlRecords(bomb))).toEqual([[6, 'too many aliases', bomb]]);
  const texts = `a: &a "${'x'.repeat(100_000)}"\nb: [${'*a,'.repeat(5000)}]`;
  expect(brief(yamlRecords(texts))[0]![1]).toBe('too many aliases');
  expect(Date.now() - begun).toBeLessThan(10_000);
});

test('Markdown is its front matter and its body, byte for byte', () => {
  expect(brief([markdownRecord('---\ntitle: A\nver: 1.10\n---\n# A\r\n\n---\nmore')])).toEqual([
    [1, '{"title":"A","ver":1.10}', '# A\r\n\n---\nmore'],
  ]);
  expect(brief([markdownRecord('---\r\ntitle: A\r\n---\r\nbody')])).toEqual([[1, '{"title":"A"}', 'body']]);
  expect(brief([markdownRecord('---\n---\nbody')])).toEqual([[1, '{}', 'body']]);
  expect(brief([markdownRecord('# only a body\n')])).toEqual([[1, '{}', '# only a body\n']]);
  expect(brief([markdownRecord('---\nnever closed\n')])).toEqual([[1, '{}', '---\nnever closed\n']]);
  expect(brief([markdownRecord('---\na: 1\na: 2\n---\nbody')])).toEqual([
    [3, 'duplicate keys', '---\na: 1\na: 2\n---\nbody'],
  ]);
});
