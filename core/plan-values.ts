import { z } from 'zod';

/** The values that several sections of a plan are written with. */

/** PostgreSQL types a column can become. */
export const targetTypeSchema = z
  .string()
  .regex(
    /^(bigint|integer|smallint|double precision|boolean|text|bytea|date|timestamp|timestamptz|uuid|json|jsonb|numeric(\(\d+(,\d+)?\))?|varchar\(\d+\))$/,
    'expected bigint, integer, smallint, double precision, numeric, numeric(p,s), boolean, text, varchar(n), bytea, date, timestamp, timestamptz, uuid, json or jsonb',
  );

/** How the source's values are to be read where the storage class alone does not say. */
export const formatSchema = z.enum([
  'iso',
  'unix-seconds',
  'unix-milliseconds',
  'unix-microseconds',
  'unix-nanoseconds',
  'julian-day',
  'chrome-microseconds',
  'mac-seconds',
  'yyyymmdd',
  'tagged',
  'key',
]);

/** Name of a time zone in the IANA database, as far as its form goes; whether there is such a zone is checked later. */
export const timeZoneSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/, 'expected the name of a time zone, such as Europe/Berlin or UTC');

/** A cell, as a plan writes it. */
export const literalSchema = z.union([
  z.string(),
  z.boolean(),
  z
    .number()
    .refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), 'write such a large number in quotes'),
]);

/** How many rows may go to the quarantine before the run stops: none, any, or a share such as 0.1%. */
export const toleranceSchema = z.union([
  z.enum(['none', 'any']),
  z.string().regex(/^\d+(\.\d+)?%$/, 'expected none, any or a percentage such as 0.1%'),
]);
