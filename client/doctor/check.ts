/** One line of `sqlift doctor`. */
export interface Check {
  name: string;
  state: 'ok' | 'note' | 'bad';
  text: string;
  /** What to do about it. */
  help?: string;
}
