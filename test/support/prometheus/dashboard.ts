import { readFileSync } from 'node:fs';

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
}

export interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly multi: boolean;
      readonly includeAll: boolean;
      readonly allValue?: string;
      readonly definition?: string;
      readonly query: unknown;
    }[];
  };
  readonly panels: readonly Panel[];
}

/** The dashboard that we ship for Grafana. */
export function shippedDashboard(): Dashboard {
  return JSON.parse(readFileSync('functions/exporter/grafana/dashboard.json', 'utf8')) as Dashboard;
}

/** Every query, with the panel that it belongs to, and the expression as Grafana sends it for all servers and databases. */
export function queriesOf({ panels }: Dashboard): { panel: string; sent: string; written: string }[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, written: expr, sent: expr.replace(/\$(server|database)/g, '.*') })),
  );
}
