import { expect, test } from 'vitest';
import type { Template } from '../../support/aws/template.ts';
import { cyclesOf } from '../../support/aws/template.ts';
import { templateProblems } from '../../support/aws/template-types.ts';

// The tests of the packaged template are worth what these two see.
test('the checker sees a wrong name, a wrong type, a missing property and a dangling reference', () => {
  const wrong: Template = {
    Resources: {
      A: { Type: 'AWS::S3::Bucket', Properties: { VersionConfiguration: {}, BucketName: 7 } },
      B: { Type: 'AWS::Lambda::Permission', Properties: { Action: 'x', Principal: { Ref: 'Nobody' } } },
      C: { Type: 'AWS::Lambda::Nothing' },
      D: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: { 'Fn::GetAtt': ['A', 'Ern'] }, PolicyDocument: {} } },
    },
  };
  expect(templateProblems(wrong)).toEqual([
    'A: has no property VersionConfiguration',
    'A.BucketName: must be a string',
    'B: needs FunctionName',
    'C: there is no AWS::Lambda::Nothing',
    'B: refers to Nobody, which is not in the template',
    'D: AWS::S3::Bucket has no attribute Ern',
  ]);
});

test('a circle of references is found', () => {
  const circle: Template = {
    Resources: {
      A: { Type: 'AWS::S3::Bucket', DependsOn: 'B' },
      B: { Type: 'AWS::Lambda::Permission', Properties: { FunctionName: { 'Fn::Join': ['', ['x-', { Ref: 'C' }]] } } },
      C: { Type: 'AWS::Lambda::Function', Properties: { Role: { 'Fn::GetAtt': ['A', 'Arn'] } } },
      D: { Type: 'AWS::Lambda::Function', Properties: { Role: { Ref: 'A' } } },
    },
  };
  expect(cyclesOf(circle)).toEqual(['A', 'B', 'C']);
});
