import { expect, test } from 'vitest';
import { passesOf, readToc } from '../../../layers/postgres/programs/toc.ts';

test('grants are told from what comes before them, and from what must find them', () => {
  const list = `;
; Selected TOC Entries:
;
3; 2615 1 SCHEMA - s postgres
4; 1259 2 TABLE s ACL postgres
5; 0 0 ACL - SCHEMA s postgres
6; 0 2 TABLE DATA s EVENT TRIGGER postgres
7; 826 3 DEFAULT ACL s DEFAULT PRIVILEGES FOR TABLES postgres
8; 0 0 COMMENT - EVENT TRIGGER guard postgres
9; 0 0 COMMENT s TABLE "EVENT TRIGGER " postgres
10; 3466 4 EVENT TRIGGER - guard postgres
11; 0 5 MATERIALIZED VIEW DATA s daily postgres`;
  const { main, grants, last } = passesOf(readToc(list));
  expect([main, grants, last].map((entries) => entries.map(({ id }) => id).join())).toEqual([
    '3,4,6,9',
    '5,7',
    '8,10,11',
  ]);
});
