import { decimal } from './decimal';

/**
 * The value of a JSON text in one form: members sorted, of duplicates the last, numbers as decimals. Undefined where it is none, or
 * where `jsonb` and PostgreSQL's jsonb has no such value.
 */
export function meaningOfJson(text: string, jsonb = false): string | undefined {
  try {
    // As judge of what is JSON at all; what the numbers are is told below, from their digits.
    JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!jsonb) return text;
  let at = 0;
  let allowed = true;
  const spaces = () => {
    while (' \t\n\r'.includes(text[at]!) && at < text.length) at += 1;
  };
  const string = (): string => {
    const from = at;
    at += 1;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at += 1;
    const value = JSON.parse(text.slice(from, at)) as string;
    if (value.includes('\0') || /\p{Surrogate}/u.test(value)) allowed = false;
    return value;
  };
  const value = (): string => {
    spaces();
    const first = text[at]!;
    if (first === '"') return JSON.stringify(string());
    if (first === '[') {
      const items: string[] = [];
      at += 1;
      for (spaces(); text[at] !== ']'; spaces()) {
        if (text[at] === ',') at += 1;
        items.push(value());
      }
      at += 1;
      return `[${items.join(',')}]`;
    }
    if (first === '{') {
      const members = new Map<string, string>();
      at += 1;
      for (spaces(); text[at] !== '}'; spaces()) {
        if (text[at] === ',') at += 1;
        spaces();
        const name = string();
        spaces();
        at += 1;
        members.set(name, value());
      }
      at += 1;
      const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${sorted.map(([name, one]) => `${JSON.stringify(name)}:${one}`).join(',')}}`;
    }
    const [token] = /^[-+.\w]+/.exec(text.slice(at))!;
    at += token.length;
    return /^[a-z]/.test(token) ? token : decimal(token);
  };
  const found = value();
  return allowed ? found : undefined;
}
