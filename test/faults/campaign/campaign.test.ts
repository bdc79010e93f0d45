import { campaignSuite } from './campaign-suite.ts';

campaignSuite('short', 600_000);
