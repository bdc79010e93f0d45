import { campaignSuite } from './campaign-suite.ts';

campaignSuite('long', 3 * 60 * 60 * 1000);
