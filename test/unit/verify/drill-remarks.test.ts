import { expect, test } from 'vitest';
import { remarksOn } from '../../../functions/verify/drill-remarks.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const sample = sampleManifest({ database: 'shop', firedAt: new Date('2026-05-14T10:00:00Z') });

test.each([
  { server: '16.9 (Debian 16.9-1)', client: '17.6', on: '17.6 (Debian 17.6-1)', says: ['17.6', '16.9'] },
  { server: '15.20', client: '15.20', on: '18.4', says: ['18.4', '15.20'] },
  { server: '16.9', client: '17.6', on: '16.9', says: undefined },
  { server: '17.6', client: '17.6', on: '17.5', says: undefined },
])('a server of $server, a client of $client, a drill on $on', ({ server, client, on, says }) => {
  const major = Number.parseInt(on, 10);
  const scratch = { version: on, major, remarks: [], superuser: true, target: { user: 'postgres' } };
  const manifest = {
    server: { ...sample.server, version: server },
    client: { ...sample.client, version: client, major: Number.parseInt(client, 10) },
  };
  const sentence = says && `It was restored into PostgreSQL ${says[0]}; the server was PostgreSQL ${says[1]}.`;
  expect(remarksOn(scratch, { ...sample, ...manifest })).toEqual(sentence ? [sentence] : []);
});
