const { existsSync, readdirSync, readFileSync, statSync } = require('node:fs');
const path = require('node:path');
const { bundleFunctions } = require('./bundle.cjs');
const settings = require('./settings.cjs');

// A function and all its layers, unzipped. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MOST_UNZIPPED_BYTES = 250 * 1024 * 1024;

/**
 * What serverless.yml needs to become a deployment: checks that refuse a bad one in a sentence, and bundles. Under
 * serverless-offline it does nothing: handlers run there as they are.
 */
module.exports = class AwsPlugin {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      'before:package:cleanup': () => this.checkLayers(),
      'before:package:createDeploymentArtifacts': () => this.bundle(serverless.service.getAllFunctions()),
      'before:package:function:package': () => this.bundle([serverless.processedInput.options.function]),
      'after:package:finalize': () => this.log.notice(provedServers(settings.parameters, this.left)),
      'before:package:compileLayers': () => this.stayOffline(),
    };
    // Before variables are resolved and validated: the message for a missing one should be ours.
    if (this.isPackaging() || serverless.processedInput.commands[0] === 'deploy') this.checkParameters();
  }

  isPackaging() {
    return this.serverless.processedInput.commands[0] === 'package';
  }

  checkParameters() {
    const { stage, region } = this.serverless.configurationInput.provider;
    const problems = this.orRefuse(() => settings.problems({ stage, region }));
    if (problems.length > 0) this.refuse(`${problems.join('; ')}. See docs/aws.md`);
  }

  /** A pgvouch.yaml that cannot be read is thrown. */
  orRefuse(read) {
    try {
      return read();
    } catch (error) {
      if (error.name !== 'ConfigError') throw error;
      return this.refuse(error.message);
    }
  }

  checkLayers() {
    const { layers } = this.serverless.service;
    const missing = Object.values(layers)
      .map((layer) => layer.path)
      .filter((folder) => !isBuilt(path.join(this.serverless.serviceDir, folder)));
    const command = layersCommand(settings.parameters);
    if (missing.length > 0) this.refuse(`${missing.join(', ')} missing: run "${command}" first`);
    const file = path.join(this.serverless.serviceDir, layers.scratchPostgres.path, 'layer.json');
    const scratch = JSON.parse(readFileSync(file, 'utf8'));
    if (!holds(scratch, settings.parameters)) {
      this.refuse(`${layers.scratchPostgres.path} has other extensions or locales: run "${command}" first`);
    }
    this.left = scratch.left;
    // verify hands over whoever needs them.
    const { environment } = this.serverless.service.getFunction('verify');
    if (environment.VERIFY_TASK && this.left.length > 0) environment.TASK_SCRATCH_EXTENSIONS = this.left.join();
    const sizeBytes = Object.values(layers).reduce((sum, { path: folder }) => {
      return sum + sizeOf(path.join(this.serverless.serviceDir, folder));
    }, 0);
    if (sizeBytes > MOST_UNZIPPED_BYTES) this.refuse(`the layers hold ${sizeBytes} bytes, but Lambda allows 250 MiB`);
  }

  async bundle(names) {
    // The framework's own zips: the same bytes for the same files, so that an unchanged function is not deployed.
    const packager = this.serverless.pluginManager.plugins.find((plugin) => typeof plugin.zipFiles === 'function');
    const { service, serviceDir } = this.serverless;
    const named = new Map(names.map((name) => [service.getFunction(name), name]));
    const zip = async (definition, files, folder) => {
      definition.package = { artifact: await packager.zipFiles(files, `${named.get(definition)}.zip`, folder) };
    };
    const along = (definition) => {
      const name = named.get(definition);
      return { settings: settings.longVariablesOf(name), files: name === 'refresh' ? settings.refreshFiles : [] };
    };
    await bundleFunctions(serviceDir, [...named.keys()], zip, along).catch((error) =>
      this.refuse(`the functions cannot be bundled: ${error.message}`),
    );
  }

  // To spare an upload the framework asks CloudFormation which layers it has. `deploy` may, `package` must do without.
  stayOffline() {
    if (!this.isPackaging()) return;
    const { plugins } = this.serverless.pluginManager;
    const layers = plugins.find((plugin) => typeof plugin.compareWithLastLayer === 'function');
    if (layers) layers.compareWithLastLayer = async () => {};
  }

  refuse(problem) {
    throw new this.serverless.classes.Error(`Cannot package pgvouch: ${problem}.`, 'PGVOUCH_REFUSED');
  }
};

/** Which servers' backups a restore will be tried of: packaging cannot ask the server what it is. */
function provedServers({ DRILL, DRILL_DATABASE_URL, VERIFY_ON, ...scratch }, left) {
  const { SCRATCH_MAJOR, SCRATCH_EXTENSIONS, SCRATCH_LOCALES } = scratch;
  if (DRILL === 'off') return 'DRILL=off: no restore is tried, and backups are "readable" at best.';
  if (DRILL_DATABASE_URL !== '') return 'Restores are tried on DRILL_DATABASE_URL.';
  const names = namesIn(SCRATCH_EXTENSIONS).filter((name) => !left.includes(name));
  const extensions = names.length === 0 ? "PostgreSQL's own extensions" : `the extensions ${names.join(', ')}`;
  const newer = SCRATCH_MAJOR < 18 ? ' Backups of newer servers stay "readable".' : '';
  const lines = [
    `Restores are tried on PostgreSQL ${SCRATCH_MAJOR} with ${extensions} and the locales C.UTF-8 and ${SCRATCH_LOCALES}.${newer} What a database needs beyond that stays "readable": see docs/aws.md, "What a drill on Lambda can prove".`,
  ];
  const image = `an image built with SCRATCH_EXTENSIONS=${namesIn(SCRATCH_EXTENSIONS).join()}`;
  const others =
    VERIFY_ON === 'fargate'
      ? `are verified in a task. TASK_IMAGE must be ${image}`
      : `stay "readable". Set VERIFY_ON=fargate and TASK_IMAGE to ${image}`;
  if (left.length > 0) lines.push(`No room on Lambda for ${left.join(', ')}: databases with them ${others}.`);
  return lines.join('\n');
}

function namesIn(list) {
  return list.split(',').flatMap((name) => name.trim() || []);
}

function layersCommand({ SCRATCH_MAJOR, SCRATCH_EXTENSIONS, SCRATCH_LOCALES }) {
  const extensions = SCRATCH_EXTENSIONS === '' ? '' : `SCRATCH_EXTENSIONS=${SCRATCH_EXTENSIONS} `;
  return `SCRATCH_MAJOR=${SCRATCH_MAJOR} ${extensions}SCRATCH_LOCALES=${SCRATCH_LOCALES} npm run layers`.replaceAll(
    ', ',
    ',',
  );
}

/** Whether the scratch layer was built for what these parameters name. */
function holds({ extensions, locales }, { SCRATCH_EXTENSIONS, SCRATCH_LOCALES }) {
  const same = (list, names) => list.join() === namesIn(names).join();
  return same(extensions, SCRATCH_EXTENSIONS) && same(locales, SCRATCH_LOCALES);
}

/** What a folder takes in a zip, which holds what links point to. */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true }).reduce((sum, name) => {
    const stat = statSync(path.join(folder, name));
    return stat.isFile() ? sum + stat.size : sum;
  }, 0);
}

function isBuilt(folder) {
  return ['pg-client', 'scratch-postgres'].some((content) => existsSync(path.join(folder, content)));
}
