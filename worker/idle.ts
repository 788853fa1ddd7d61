import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/** Knows for how long a worker has had no activity to run. */
export class IdleClock {
  #running = 0;
  #since = Date.now();

  /** 0 while an activity runs. */
  get seconds(): number {
    return this.#running > 0 ? 0 : (Date.now() - this.#since) / 1000;
  }

  interceptor(): ActivityInboundCallsInterceptor {
    return {
      execute: async (input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) => {
        this.#running += 1;
        try {
          return await next(input);
        } finally {
          this.#running -= 1;
          this.#since = Date.now();
        }
      },
    };
  }
}
