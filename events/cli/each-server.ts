import type { ServerEnvironment } from '../../layers/settings/servers.ts';
import { describeFailure, exitCodeOf } from './exit-code.ts';
import type { Run, Session } from './session.ts';

/**
 * Does a command's work for one server after the other. What is printed of each stands below its name; JSON is one array of
 * them. One that fails is named on stderr, and hides none of the others.
 *
 * @param answer - what the JSON calls its answer: `backups`
 * @param open - brings a session with a server
 * @returns the highest exit code, those of failures included
 * @throws the signal's reason, once it is aborted
 */
export async function forEachServer(
  servers: readonly ServerEnvironment[],
  { answer, work }: { readonly answer: string; readonly work: Parameters<Run>[0] },
  open: (server: ServerEnvironment) => Session,
): Promise<number> {
  const answers: object[] = [];
  const exitCodes: number[] = [];
  let printJson: Session['printJson'] = () => {};
  let separator = '';
  for (const server of servers) {
    const session = open(server);
    const { env, local, signal, terminal } = session;
    printJson = session.printJson;
    const named: Session = {
      ...session,
      print(text) {
        session.print(`${separator}server ${server.name}\n\n${text}`);
        separator = '\n';
      },
      printJson: (value) => void answers.push({ server: server.name, [answer]: value }),
    };
    try {
      exitCodes.push(await work(named));
    } catch (error) {
      if (signal.aborted) throw error;
      terminal.line(describeFailure(error, { debug: env.LOG_LEVEL === 'debug', local, server: server.name }));
      exitCodes.push(exitCodeOf(error));
    } finally {
      terminal.close();
    }
  }
  if (answers.length > 0) printJson(answers);
  return Math.max(...exitCodes);
}
