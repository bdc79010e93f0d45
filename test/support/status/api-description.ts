import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../../../layers/api/openapi.ts';

const ID = 'https://pgvouch.test/openapi.json';
const document = openApiDocument('1.2.3');
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ ...document, $id: ID });

/** Where a value is not what the API's description says of a shape, or of a list of it; empty if it is. */
export function deviationsFrom(shape: string, value: unknown, list = false): string[] {
  const one = { $ref: `${ID}#/components/schemas/${shape}` };
  const validate = ajv.compile(list ? { type: 'array', items: one } : one);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
