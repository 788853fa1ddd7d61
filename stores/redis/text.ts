import { textOf } from '../../core/feeds/value';
import type { Property } from '../../core/feeds/entry';
import type { Value } from '../../core/feeds/value';

/** A value in a field of a hash or a stream's entry: text, or bytes as they are; a list is a JSON array. */
export function fieldOf(value: Exclude<Property, null>): string | Buffer {
  if (Array.isArray(value)) return jsonOf(value);
  if (value instanceof Uint8Array) return bufferOf(value);
  return textOf(value)!;
}

export function bufferOf(value: string | Uint8Array): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** A JSON document of fields. */
export function documentOf(fields: Readonly<Record<string, Property>>): string {
  return `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`)
    .join(',')}}`;
}

/** Integers and doubles are numbers with all their digits, JSON is itself; decimals are texts, since readers would round them. */
function jsonOf(value: Property): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map((item) => jsonOf(item)).join(',')}]`;
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return textOf(value)!;
  if (isJson(value)) return value.text;
  return JSON.stringify(textOf(value));
}

function isJson(value: Value): value is { type: 'json'; text: string } {
  return value !== null && typeof value === 'object' && 'type' in value && value.type === 'json';
}
