import type { Resource } from './template.ts';

interface Target {
  readonly Arn: string;
  readonly InputTransformer: { readonly InputTemplate: string; readonly InputPathsMap: unknown };
}

export interface FunctionEnvironment {
  readonly Variables: Readonly<Record<string, string>>;
}

/** What EventBridge Scheduler sends by a schedule. */
export function firedBySchedule(schedule: Resource | undefined, scheduledTime: string): unknown {
  const { Input } = (schedule?.Properties?.Target ?? {}) as unknown as { readonly Input: string };
  const filledIn = Input.replaceAll('<aws.scheduler.scheduled-time>', scheduledTime).replaceAll(
    '<aws.scheduler.execution-id>',
    'd32c5kddcf5bb8c3',
  );
  return JSON.parse(filledIn);
}

/** The one target of a rule. */
export function targetOf(rule: Resource): Target {
  const [target] = (rule.Properties?.Targets ?? []) as unknown as Target[];
  if (!target) throw new Error('a rule without a target');
  return target;
}

export function lambdaArn(name: string): string {
  return `arn:aws:lambda:eu-central-1:123456789012:function:pgvouch-prod-${name}`;
}

/**
 * As EventBridge fills a template in: every <name> by the JSON of its value; within a text by the value.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
 */
export function transform(template: string, values: Record<string, string>): string {
  return template
    .replace(/(?<=\\")<(\w+)>(?=\\")/g, (_, name: string) => values[name] ?? '')
    .replace(/<([^>]*)>/g, (_, name: string) => JSON.stringify(values[name]));
}
