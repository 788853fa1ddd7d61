import { readPickle } from '../../../stores/chroma/pickle';

const read = (hex: string) => readPickle(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 'x.pickle');

test('what Python writes is read: dictionaries, lists, numbers of any size, texts and None', () => {
  // pickle.dumps({'a': [1, -2, 300, 2**40, 1.5, None, True], 'ü': ('x', b'y')}, 4)
  const hex =
    '80049539000000000000007d94288c0161945d94284b014afeffffff4d2c018a06000000000001' +
    '473ff80000000000004e88658c02c3bc948c017894430179948694752e';
  expect(read(hex)).toEqual(
    new Map<unknown, unknown>([
      ['a', [1, -2, 300, 2n ** 40n, 1.5, null, true]],
      ['ü', ['x', Buffer.from('y')]],
    ]),
  );
});

test.each([
  [
    'a call of os.system',
    '80048c026f73948c0673797374656d9493948c026964948594522e',
    /instruction 52 at byte \d+ is not data/,
  ],
  ['the same of protocol 0', Buffer.from("cos\nsystem\n(S'id'\ntR.").toString('hex'), /instruction 53/],
  ['a class that reduces itself', '80028c02 6f73 8c06 73797374656d 93 29 52 2e', /instruction 52/],
  ['an end in the middle', '80048c0a6162', /ends too early/],
  ['nothing', '', /ends too early/],
  ['an empty stack', '80042e', /stack is empty/],
  ['what was never kept', '8004680a2e', /recalls what it has not kept/],
  ['a length beyond the file', '80048d ffffffffffffff7f', /ends too early/],
  ['a newer protocol', '80092e', /newer than 5/],
])('%s is refused', (_, hex, message) => {
  expect(() => read(hex)).toThrow(message);
});
