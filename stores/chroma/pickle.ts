import { SqliftError } from '../../core/errors';

/** What such a file may hold: no objects but dictionaries, lists and an object's own fields. */
export type Pickled =
  string | number | bigint | boolean | null | Buffer | Pickled[] | Map<Pickled, Pickled> | PickledObject;

/** An object of a Python class: its fields, and nothing that its class would do. */
export class PickledObject {
  fields: Map<Pickled, Pickled> = new Map();
  constructor(readonly of: string) {}
}

class Mark {}
const MARK = new Mark();

/**
 * Reads a Python pickle as data (docs.python.org/3/library/pickletools.html). Nothing is executed: a class is its name, an object its fields, and what would call
 * a function is refused. @throws SqliftError SourceUnreadable
 */
export function readPickle(bytes: Buffer, file: string): Pickled {
  const stack: (Pickled | Mark)[] = [];
  const memo: (Pickled | Mark)[] = [];
  let at = 0;
  const refuse = (what: string): SqliftError =>
    new SqliftError('SourceUnreadable', `${file} cannot be read: ${what}`, { file });
  const take = (count: number): number => {
    const start = at;
    at += count;
    if (at > bytes.length || count < 0) throw refuse('it ends too early');
    return start;
  };
  const u1 = (): number => bytes.readUInt8(take(1));
  const u4 = (): number => bytes.readUInt32LE(take(4));
  const u8 = (): number => Number(bytes.readBigUInt64LE(take(8)));
  const text = (length: number): string => {
    const start = take(length);
    return bytes.toString('utf8', start, at);
  };
  const blob = (length: number): Buffer => {
    const start = take(length);
    return bytes.subarray(start, at);
  };
  const pop = (): Pickled => {
    const value = stack.pop();
    if (value === undefined || value instanceof Mark) throw refuse('its stack is empty');
    return value;
  };
  const popToMark = (): Pickled[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw refuse('a mark is missing');
    return stack.splice(mark).slice(1) as Pickled[];
  };
  const top = (): Pickled => {
    const value = stack.at(-1);
    if (value === undefined || value instanceof Mark) throw refuse('its stack is empty');
    return value;
  };
  const set = (pairs: Pickled[]): void => {
    const into = top();
    if (!(into instanceof Map)) throw refuse('it puts items into what is no dictionary');
    for (let i = 0; i + 1 < pairs.length; i += 2) into.set(pairs[i]!, pairs[i + 1]!);
  };
  const append = (items: Pickled[]): void => {
    const into = top();
    if (!Array.isArray(into)) throw refuse('it appends to what is no list');
    for (const item of items) into.push(item);
  };
  const recall = (index: number): void => {
    const value = memo[index];
    if (value === undefined) throw refuse('it recalls what it has not kept');
    stack.push(value);
  };
  const long = (length: number): bigint => {
    const start = take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[start + i]!);
    return length > 0 && bytes[start + length - 1]! >= 128 ? value - (1n << BigInt(8 * length)) : value;
  };

  for (;;) {
    const code = bytes[take(1)]!;
    switch (code) {
      case 0x80: // PROTO
        if (u1() > 5) throw refuse('its version is newer than 5');
        break;
      case 0x95: // FRAME
        take(8);
        break;
      case 0x28: // MARK
        stack.push(MARK);
        break;
      case 0x2e: // STOP
        return pop();
      case 0x30: // POP
        stack.pop();
        break;
      case 0x31: // POP_MARK
        popToMark();
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x4b: // BININT1
        stack.push(u1());
        break;
      case 0x4d: // BININT2
        stack.push(bytes.readUInt16LE(take(2)));
        break;
      case 0x4a: // BININT
        stack.push(bytes.readInt32LE(take(4)));
        break;
      case 0x8a: // LONG1
        stack.push(long(u1()));
        break;
      case 0x47: // BINFLOAT
        stack.push(bytes.readDoubleBE(take(8)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(u1()));
        break;
      case 0x58: // BINUNICODE
        stack.push(text(u4()));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(text(u8()));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(blob(u1()));
        break;
      case 0x42: // BINBYTES
        stack.push(blob(u4()));
        break;
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        break;
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const items = Array.from({ length: code - 0x84 }, pop).reverse();
        stack.push(items);
        break;
      }
      case 0x74: // TUPLE
        stack.push(popToMark());
        break;
      case 0x6c: // LIST
        stack.push(popToMark());
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x61: // APPEND
        append([pop()]);
        break;
      case 0x65: // APPENDS
        append(popToMark());
        break;
      case 0x73: {
        // SETITEM
        const value = pop();
        set([pop(), value]);
        break;
      }
      case 0x75: // SETITEMS
        set(popToMark());
        break;
      case 0x94: // MEMOIZE
        memo.push(top());
        break;
      case 0x71: // BINPUT
        memo[u1()] = top();
        break;
      case 0x72: // LONG_BINPUT
        memo[u4()] = top();
        break;
      case 0x68: // BINGET
        recall(u1());
        break;
      case 0x6a: // LONG_BINGET
        recall(u4());
        break;
      case 0x93: {
        // STACK_GLOBAL: the class by its name, never the class.
        const [name, module] = [pop(), pop()];
        if (typeof name !== 'string' || typeof module !== 'string') throw refuse('it names what is no class');
        stack.push(`${module}.${name}`);
        break;
      }
      case 0x63: {
        // GLOBAL
        const line = (): string => {
          const end = bytes.indexOf(0x0a, at);
          if (end < 0) throw refuse('it ends too early');
          const word = text(end - at);
          at += 1;
          return word;
        };
        const module = line();
        stack.push(`${module}.${line()}`);
        break;
      }
      case 0x81: {
        // NEWOBJ
        const args = pop();
        const of = pop();
        if (typeof of !== 'string' || !Array.isArray(args)) throw refuse('it makes what is no object');
        stack.push(new PickledObject(of));
        break;
      }
      case 0x62: {
        // BUILD
        const fields = pop();
        const object = top();
        if (!(object instanceof PickledObject) || !(fields instanceof Map)) throw refuse('it fills what is no object');
        object.fields = fields;
        break;
      }
      default:
        throw refuse(`instruction ${code.toString(16).padStart(2, '0')} at byte ${at - 1} is not data`);
    }
  }
}
