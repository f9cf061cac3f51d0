/** The codes of gRPC that are used here. Source: grpc/grpc `doc/statuscodes.md`. */
export const statusCodes = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** The status of HTTP that stands for each. */
const httpStatuses: Readonly<Record<number, number>> = {
  [statusCodes.OK]: 200,
  [statusCodes.CANCELLED]: 499,
  [statusCodes.INVALID_ARGUMENT]: 400,
  [statusCodes.DEADLINE_EXCEEDED]: 504,
  [statusCodes.NOT_FOUND]: 404,
  [statusCodes.ALREADY_EXISTS]: 409,
  [statusCodes.PERMISSION_DENIED]: 403,
  [statusCodes.RESOURCE_EXHAUSTED]: 429,
  [statusCodes.FAILED_PRECONDITION]: 409,
  [statusCodes.ABORTED]: 409,
  [statusCodes.OUT_OF_RANGE]: 400,
  [statusCodes.UNIMPLEMENTED]: 501,
  [statusCodes.UNAVAILABLE]: 503,
  [statusCodes.UNAUTHENTICATED]: 401,
};

export function httpStatusOf(status: number): number {
  return httpStatuses[status] ?? 500;
}

/** The parameter under which a stream's answer tells the code of its error. */
export const errorCodeParameter = 'error_code';
