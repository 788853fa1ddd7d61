import { fillTemplate, parseTemplate } from '../../../core/feeds/template';

test.each([
  ['user:{id}', ['user:', ''], ['id']],
  ['{a}{b}', ['', '', ''], ['a', 'b']],
  ['{{{user}}}:profile', ['{', '}:profile'], ['user']],
  ['plain', ['plain'], []],
  ['{spaces in a name}', ['', ''], ['spaces in a name']],
])('%s', (text, texts, columns) => {
  expect(parseTemplate(text)).toEqual({ texts, columns });
});

test.each(['{', '}', 'a}b', '{}', '{a', '{a{b}'])('%s is none', (text) => {
  expect(parseTemplate(text)).toBeUndefined();
});

test('a template with a column that has no value has none either', () => {
  const template = parseTemplate('{a}-{b}')!;
  expect(fillTemplate(template, (column) => (column === 'a' ? '1' : undefined))).toBeUndefined();
  expect(fillTemplate(template, (column) => column.toUpperCase())).toBe('A-B');
});
