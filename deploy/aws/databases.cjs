const { readParameter } = require('./parameters.cjs');

// `json` is what the functions get, whichever variable it came from; `[]` stands for "not said" when run locally.
module.exports = {
  get json() {
    const { names } = readDatabases(process.env);
    return names.length === 0 ? '' : plainJson(names);
  },
  readDatabases,
  plainJson,
};

/**
 * The databases to back up: `POSTGRES_DBS` (a JSON array) or `POSTGRES_DB` (one name).
 *
 * @returns `names`, and the `problem` that keeps them from being read, in words
 */
function readDatabases(env) {
  const many = readParameter(env, 'POSTGRES_DBS');
  const one = readParameter(env, 'POSTGRES_DB');
  if (many === undefined) {
    return one === undefined
      ? { names: [], problem: 'POSTGRES_DBS is not set (a JSON array of database names; POSTGRES_DB takes one name)' }
      : { names: [one], problem: problemWith([one], 'POSTGRES_DB') };
  }
  if (one !== undefined) return { names: [], problem: 'POSTGRES_DB and POSTGRES_DBS are both set: keep one' };
  const names = parseNames(many);
  if (!names) return { names: [], problem: 'POSTGRES_DBS must be a JSON array of database names' };
  return { names, problem: problemWith(names, 'POSTGRES_DBS') };
}

function parseNames(json) {
  try {
    const names = JSON.parse(json);
    const good = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string');
    return good ? names : undefined;
  } catch {
    return undefined;
  }
}

function problemWith(names, variable) {
  const bad = names.find((name) => name === '' || name.includes('\0') || Buffer.byteLength(name) > 63);
  if (bad !== undefined) return `${variable} has a name that is empty or longer than 63 bytes`;
  return new Set(names).size === names.length ? undefined : `${variable} names a database twice`;
}

/**
 * JSON in characters that neither serverless.yml (`${…}`) nor EventBridge (`<…>`) nor CloudFormation reads as theirs:
 * every other one as \uXXXX. It parses to the same value.
 */
function plainJson(value) {
  return JSON.stringify(value).replace(
    /[^\w\s"\\/:,.;()[\]+-]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
