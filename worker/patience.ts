import { ApplicationFailure } from '@temporalio/activity';
import type { Context } from '@temporalio/activity';
import type { ErrorPlace } from '../core/errors';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/** Failures this far apart are of two outages: steps are tried again every minute at least, and a connection is given up after one. */
const APART_MS = 5 * 60_000;

/** An attempt that fails later than this after it began has got past connecting: the server did answer. */
const CONNECTING_MS = 90_000;
const REVIVE = 'reviveRun';

interface Outage {
  since: number;
  last: number;
}

/**
 * How long a run waits for a server that does not answer. It would be tried again for hours: once the plan's patience has ended, the step
 * fails for good, and the run goes back. What the way back needs of the same server is tried once more, and not waited for a second time.
 *
 * Kept in memory: a worker that is restarted begins to wait anew.
 */
export class Patience {
  readonly #outages = new Map<string, Map<string, Outage>>();

  /** `minutesOf`: what the plan of a run says; undefined: nothing. */
  constructor(
    private readonly minutesOf: (run: string) => Promise<number | undefined>,
    private readonly now: () => number = Date.now,
  ) {}

  interceptor({ info }: Pick<Context, 'info'>): ActivityInboundCallsInterceptor {
    return {
      execute: async (input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) => {
        const workflow = info.workflowExecution?.workflowId ?? '';
        const began = this.now();
        try {
          const result = await next(input);
          // What had to be tried again was done in the end.
          if (info.attempt > 1) this.#outages.delete(workflow);
          return result;
        } catch (error) {
          const { run } = (input.args[0] ?? {}) as { run?: string };
          // A run that stays as it was must not stay refused.
          const isJudged = run !== undefined && info.activityType !== REVIVE;
          throw isJudged ? await this.judged(workflow, run, error, began) : error;
        }
      },
    };
  }

  /** The failure as it is, or one that is not tried again. */
  async judged(workflow: string, run: string, error: unknown, began = this.now()): Promise<unknown> {
    if (!(error instanceof ApplicationFailure) || !isUnreachable(error)) return error;
    const minutes = await this.minutesOf(run);
    if (minutes === undefined) return error;
    const waited = this.#waited(workflow, serverOf(error), began);
    if (waited < minutes * 60_000) return error;
    return ApplicationFailure.create({
      type: error.type!,
      message: `${error.message}, and was waited for as long as the plan says (${spoken(minutes)})`,
      nonRetryable: true,
      details: error.details ?? [],
    });
  }

  #waited(workflow: string, server: string, began: number): number {
    const now = this.now();
    let servers = this.#outages.get(workflow);
    if (servers === undefined) this.#outages.set(workflow, (servers = new Map<string, Outage>()));
    const known = servers.get(server);
    const outage =
      known === undefined || now - known.last > APART_MS || now - began > CONNECTING_MS
        ? { since: now, last: now }
        : known;
    outage.last = now;
    servers.set(server, outage);
    return now - outage.since;
  }
}

function serverOf(failure: ApplicationFailure): string {
  return placeOf(failure).server ?? failure.message;
}

/** PostgreSQL answers those that it cannot serve now (40: serialization and deadlocks, 55: locks): they are tried again, too, but nobody is gone. */
function isUnreachable(failure: ApplicationFailure): boolean {
  return failure.type?.endsWith('Unreachable') === true && !/^(40|55)/.test(placeOf(failure).sqlstate ?? '');
}

function placeOf({ details }: ApplicationFailure): ErrorPlace {
  const [detail] = (details ?? []) as { place?: ErrorPlace }[];
  return detail?.place ?? {};
}

function spoken(minutes: number): string {
  return minutes < 1 ? `${Math.round(minutes * 60)} s` : `${minutes} min`;
}
