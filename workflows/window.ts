import { condition, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { runError } from './failures';
import { activitiesOf } from './options';

const DAY = 86_400_000;

export interface WindowInput {
  run: string;
  /** How long a rollback stays possible. */
  days: number;
}

/** Ends the window now: with the run's before-images dropped (`finalize`), or left to a rollback that is under way. */
export const closeWindowSignal = defineSignal<['finalize' | 'rolled back']>('closeWindow');

/** The rollback window of a published run: waits it out, then drops what made a rollback possible. */
export async function windowWorkflow({ run, days }: WindowInput): Promise<'finalized' | 'rolled back'> {
  let closed: 'finalize' | 'rolled back' | undefined;
  setHandler(closeWindowSignal, (how) => void (closed = how), {
    description: 'End the window: finalize, or rolled back',
  });
  await condition(() => closed !== undefined, days * DAY);
  // `finalize` has done the work before it says so.
  if (closed !== undefined) return closed === 'finalize' ? 'finalized' : closed;
  for (;;) {
    try {
      await activitiesOf('undoStore', 'drop replaced tables and snapshots').finalizeRun({ run });
      return 'finalized';
    } catch (error) {
      // Somebody's view still uses a replaced table: it stays until they have moved it, and this says so meanwhile.
      const { code, message, hint } = runError(error);
      if (code === 'RunNotReversible') return 'rolled back';
      setCurrentDetails(`The window has ended, but ${message}. ${hint} Tried again every day.`);
      await condition(() => closed !== undefined, DAY);
      if (closed !== undefined) return closed === 'finalize' ? 'finalized' : closed;
    }
  }
}
