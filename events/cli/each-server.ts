import type { ServerEnvironment } from '../../layers/settings/servers.ts';
import type { Run, Session } from './session.ts';

/**
 * Does a command's work for one server after the other. What is printed of each stands below its name; JSON is one array of
 * them.
 *
 * @param answer - what the JSON calls its answer: `backups`
 * @param open - brings a session with a server
 * @returns the highest exit code
 */
export async function forEachServer(
  servers: readonly ServerEnvironment[],
  { answer, work }: { readonly answer: string; readonly work: Parameters<Run>[0] },
  open: (server: ServerEnvironment) => Session,
): Promise<number> {
  const answers: object[] = [];
  const exitCodes: number[] = [];
  let printJson: Session['printJson'] = () => {};
  for (const [index, server] of servers.entries()) {
    const session = open(server);
    printJson = session.printJson;
    if (answers.length === 0 && index > 0) session.print('');
    const named: Session = {
      ...session,
      print: (text) => session.print(`server ${server.name}\n\n${text}`),
      printJson: (value) => void answers.push({ server: server.name, [answer]: value }),
    };
    exitCodes.push(await work(named).finally(session.terminal.close));
  }
  if (answers.length > 0) printJson(answers);
  return Math.max(...exitCodes);
}
