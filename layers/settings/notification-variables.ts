import * as z from 'zod';
import { choice, type Shape, secretUrl, url } from './shapes.ts';
import type { Variable } from './variable.ts';

/** Without $: there they stand in an Fn::Sub, where it would mean something. Without #: a section is put behind. */
const publicUrl: Shape<string> = z
  .string()
  .regex(/^https?:\/\/[^\s$#]+$/, 'must be an http:// or https:// URL without $ and #');

/** Where notifications go. */
export const NOTIFICATION_VARIABLES = {
  BACKUP_WEBHOOK_URL: {
    shape: secretUrl,
    meaning: 'Where failures are posted; see [notifications.md](notifications.md)',
    common: true,
    readBy: ['notify'],
    secret: true,
    onAws: {
      meaning:
        "The ARN of the secret with the webhook's URL. Without it, failures are recorded and counted, but no message is sent",
    },
  },
  BACKUP_WEBHOOK_FORMAT: {
    shape: choice('text', 'json'),
    default: 'text',
    meaning: '`text` posts `{"text": "[BACKUP FAILURE] …"}`; `json` posts the whole failure record',
    readBy: ['notify'],
    onAws: {},
  },
  BACKUP_PING_URL: {
    shape: secretUrl,
    meaning:
      "A dead-man's switch such as healthchecks.io. With several databases it must contain `{database}`, so that each has its own check",
    // A dump starts, a backup is proved, a function failed.
    readBy: ['dump', 'verify', 'notify'],
    secret: true,
    onAws: {
      meaning:
        "The ARN of the secret with the URL of a dead-man's switch. The URL may contain `{database}`; see [notifications.md](notifications.md#several-databases)",
    },
  },
  BACKUP_STATUS_URL: {
    shape: url,
    without: '`http://127.0.0.1:<METRICS_PORT>/`',
    meaning: 'The public address of the status page; messages link to it',
    readBy: ['notify'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in
    onAws: { default: '${HttpApi.ApiEndpoint}/', without: 'the API of this stack', shape: publicUrl },
  },
  BACKUP_RUNBOOK_URL: {
    shape: url,
    meaning: 'The public address of your copy of [runbook.md](runbook.md); messages link to it',
    readBy: ['notify'],
    onAws: { shape: publicUrl },
  },
} as const satisfies Readonly<Record<string, Variable>>;
