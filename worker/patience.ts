import { ApplicationFailure } from '@temporalio/activity';
import type { Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/** Failures this far apart are of two outages: steps are tried again every minute at least, and a connection is given up after one. */
const APART_MS = 5 * 60_000;

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
        try {
          const result = await next(input);
          // What had to be tried again was done in the end.
          if (info.attempt > 1) this.#outages.delete(workflow);
          return result;
        } catch (error) {
          const { run } = (input.args[0] ?? {}) as { run?: string };
          throw run === undefined ? error : await this.judged(workflow, run, error);
        }
      },
    };
  }

  /** The failure as it is, or one that is not tried again. */
  async judged(workflow: string, run: string, error: unknown): Promise<unknown> {
    if (!(error instanceof ApplicationFailure) || error.type?.endsWith('Unreachable') !== true) return error;
    const minutes = await this.minutesOf(run);
    if (minutes === undefined) return error;
    const waited = this.#waited(workflow, serverOf(error));
    if (waited < minutes * 60_000) return error;
    return ApplicationFailure.create({
      type: error.type,
      message: `${error.message}, and was waited for as long as the plan says (${spoken(minutes)})`,
      nonRetryable: true,
      details: error.details ?? [],
    });
  }

  #waited(workflow: string, server: string): number {
    const now = this.now();
    let servers = this.#outages.get(workflow);
    if (servers === undefined) this.#outages.set(workflow, (servers = new Map<string, Outage>()));
    const known = servers.get(server);
    const outage = known === undefined || now - known.last > APART_MS ? { since: now, last: now } : known;
    outage.last = now;
    servers.set(server, outage);
    return now - outage.since;
  }
}

function serverOf({ message, details }: ApplicationFailure): string {
  const [detail] = (details ?? []) as { place?: { server?: string } }[];
  return detail?.place?.server ?? message;
}

function spoken(minutes: number): string {
  return minutes < 1 ? `${Math.round(minutes * 60)} s` : `${minutes} min`;
}
