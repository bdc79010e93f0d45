import type { FunctionName } from './functions.ts';
import type { Shape } from './shapes.ts';

/** An environment variable, and all that anything else in this project knows of it. */
export interface Variable {
  readonly shape: Shape<unknown>;
  /** What holds without it, as text that fits the shape. */
  readonly default?: string;
  /** The same for people, where the code has no such text: `embedded`, "the system's temporary folder". */
  readonly without?: string;
  /** For the documentation, in Markdown. */
  readonly meaning: string;
  /** One of the few that most people set. */
  readonly common?: true;
  /** The functions that read it; none where only the local stack does, or only the template. */
  readonly readBy: readonly FunctionName[];
  /** Whether `…_SECRET` may name the ARN of a secret that holds it, and `…_FILE` a file; on AWS `…_SECRET` must. */
  readonly secret?: true;
  /** What it is as a parameter of serverless.yml; undefined where it is none. */
  readonly onAws?: AwsParameter;
  /** Where it stands in pgvouch.yaml; undefined where it is for the environment alone. */
  readonly file?: FilePlace;
}

/** A place in pgvouch.yaml. */
export interface FilePlace {
  /** Keys, separated by dots: `retention.days`. */
  readonly at: string;
  /** Where it may stand beside the top of the file: in a server, or in a server and in a database. */
  readonly per?: 'server' | 'database';
  /** Variables that say the same in another way. What the file says holds in their place. */
  readonly instead?: readonly string[];
  /** What it must look like there. */
  readonly shape?: Shape<unknown>;
  /** It has items separated by commas, and may be a list of them there. */
  readonly list?: true;
  /** What it means there. */
  readonly meaning?: string;
}

/** Where AWS differs, or needs more. */
export interface AwsParameter {
  /** Why it must be set there. */
  readonly required?: string;
  /** With this value of another parameter it need not be set. */
  readonly unless?: { readonly name: string; readonly value: string };
  /** The value there where it is not set; `''` leaves it to whoever reads it. By default `''`. */
  readonly default?: string | number;
  /** What holds there without it, for people, where `default` is not for them. */
  readonly without?: string;
  /** What else it must look like there, and how it is written then. */
  readonly shape?: Shape<unknown>;
  /** For docs/aws.md, where it means something else there. */
  readonly meaning?: string;
}
