import { randomBytes } from 'node:crypto';
import { serverAddress } from './servers';

/** `host:port` of the run's Temporal, whose namespace `default` knows every search attribute. */
export const temporalAddress = (): string => serverAddress('SQLIFT_TEST_TEMPORAL_ADDRESS');

/** A task queue of its own, so that no other test's worker takes this one's tasks. */
export const testQueue = (): string => `test-${randomBytes(6).toString('hex')}`;
