/** What a request is refused with. The two planes of the API word the same refusal differently. */

/** Status, and the number that gRPC gives the code (google.rpc.Code), which the data plane's bodies carry. */
const CODES = {
  INVALID_ARGUMENT: { status: 400, grpc: 3 },
  OUT_OF_RANGE: { status: 400, grpc: 11 },
  UNPROCESSABLE_ENTITY: { status: 422, grpc: 3 },
  FORBIDDEN: { status: 403, grpc: 7 },
  NOT_FOUND: { status: 404, grpc: 5 },
  METHOD_NOT_ALLOWED: { status: 405, grpc: 12 },
  ALREADY_EXISTS: { status: 409, grpc: 6 },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, grpc: 3 },
  UNKNOWN: { status: 500, grpc: 2 },
  UNIMPLEMENTED: { status: 501, grpc: 12 },
} as const;

export type Plane = 'control' | 'data';

export class ApiError extends Error {
  constructor(
    readonly code: keyof typeof CODES,
    message: string,
  ) {
    super(message);
  }

  get status(): number {
    return CODES[this.code].status;
  }

  /** `{status, error: {code, message}}` of the control plane, `{code, message, details}` of the data plane. */
  body(plane: Plane): object {
    if (plane === 'control') return { status: this.status, error: { code: this.code, message: this.message } };
    return { code: CODES[this.code].grpc, message: this.message, details: [] };
  }
}

export const invalid = (message: string): ApiError => new ApiError('INVALID_ARGUMENT', message);

/** Pinecone has it, this server does not: said aloud instead of being ignored. */
export const unserved = (what: string): ApiError =>
  new ApiError('UNIMPLEMENTED', `${what}: not served by sqlift's local development endpoint`);
