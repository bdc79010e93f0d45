/**
 * The most seconds that Lambda gives an invocation.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const LAMBDA_TIMEOUT_S = 900;
