/**
 * A function with its calls written out: in a loop over columns one call goes to another function each time, which the engine cannot
 * optimise, while each written call always goes to the same. That halves the time of reading and writing rows.
 *
 * Nothing that a plan or a source says may get into the body: names of the functions and numbers only.
 *
 * @param lines statements over the parameters and the names of the functions
 */
export function unrolled<F extends (...args: never[]) => unknown>(
  parameters: readonly string[],
  lines: readonly string[],
  functions: Readonly<Record<string, (...args: never[]) => unknown>>,
): F {
  const code = `return (${parameters.join(', ')}) => {\n${lines.join('\n')}\n};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- see above: the text is made here alone
  return new Function(...Object.keys(functions), code)(...Object.values(functions)) as F;
}

/** `{call0: …, call1: …}` of a list, to be given to `unrolled`. */
export function named<F>(name: string, functions: readonly F[]): Record<string, F> {
  return Object.fromEntries(functions.map((each, i) => [`${name}${i}`, each]));
}
