import { readFileSync } from 'node:fs';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { unreadFields } from '../../support/places/unread-fields.ts';

const documents = documentsOf('deploy/kubernetes.yaml');
const [configMap] = objects(ConfigMap);
const [claim] = objects(PersistentVolumeClaim);
const [deployment] = objects(Deployment);
const [service] = objects(Service);
const pod = deployment?.spec?.template.spec;
const container = pod?.containers[0] as IContainer;

test("fits Kubernetes' own schemas, and has no field that they do not have", () => {
  const known = [configMap, claim, deployment, service];
  expect(documents).toHaveLength(known.length);
  for (const object of known) expect(unreadFields(object, (recorded) => recorded?.validate())).toEqual([]);
});

test('a field that is misspelt is found', () => {
  const misspelt = new Service({ ...service, spec: { ...service?.spec, publishNotReadyAdresses: true } } as never);
  expect(unreadFields(misspelt, (recorded) => recorded.validate())).toEqual(['spec.publishNotReadyAdresses']);
  expect(() => new Service({ spec: { ports: [{}] } } as never).validate()).toThrow('must have required property');
});

test("the Prometheus Operator's monitor fits its schema, and the service", () => {
  const [monitor] = documentsOf('deploy/kubernetes-monitor.yaml').map((one) => new ServiceMonitor(one as never));
  expect(unreadFields(monitor, (recorded) => recorded?.validate())).toEqual([]);
  expect(service?.metadata?.labels).toMatchObject(monitor?.spec.selector.matchLabels ?? { none: '' });
  expect(service?.spec?.ports?.map(({ name }) => name)).toContain(monitor?.spec.endpoints[0]?.port);
  // The rules and ExporterDown look for a job of this name, and the operator gives it the service's.
  expect(service?.metadata?.name).toBe('pgvouch');
});

test('never runs two at a time', () => {
  expect(deployment?.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
});

/** @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
test('asks for no more than the standard "restricted" allows', () => {
  expect(pod).toMatchObject({
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    automountServiceAccountToken: false,
  });
  expect(pod?.securityContext?.runAsUser).toBeGreaterThan(0);
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(field);
  for (const port of container.ports ?? []) expect(port).not.toHaveProperty('hostPort');
  const kinds = (pod?.volumes ?? []).flatMap(({ name: _, ...kind }) => Object.keys(kind));
  expect(kinds).toEqual(['persistentVolumeClaim']);
});

test('what is referred to is there', () => {
  expect(deployment?.spec?.selector.matchLabels).toEqual(deployment?.spec?.template.metadata?.labels);
  expect(service?.spec?.selector).toEqual(deployment?.spec?.template.metadata?.labels);
  const names = container.ports?.map(({ name }) => name);
  expect(service?.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual(names);
  const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
  expect(probes.map((probe) => probe?.httpGet)).toEqual([
    { path: '/healthz', port: 'metrics' },
    { path: '/healthz', port: 'metrics' },
    { path: '/readyz', port: 'metrics' },
  ]);
  expect(container.envFrom).toEqual([
    { configMapRef: { name: configMap?.metadata?.name } },
    // docs/production.md has it made: it holds the passwords.
    { secretRef: { name: 'pgvouch' } },
  ]);
  expect(pod?.volumes?.[0]?.persistentVolumeClaim?.claimName).toBe(claim?.metadata?.name);
});

test('a drill leaves some of the volume', () => {
  const size = /^(\d+)Gi$/.exec(String(claim?.spec?.resources?.requests?.storage))?.[1];
  expect(Number(configMap?.data?.DRILL_DISK_MB)).toBeLessThan(Number(size) * 1024);
});

function documentsOf(file: string): readonly Readonly<Record<string, unknown>>[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());
}

function objects<T>(Kind: { new (data: never): T; kind: string; apiVersion: string }): T[] {
  const isOne = (one: Readonly<Record<string, unknown>>) =>
    one.kind === Kind.kind && one.apiVersion === Kind.apiVersion;
  return documents.filter(isOne).map((one) => new Kind(one as never));
}
