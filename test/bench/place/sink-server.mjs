// A bucket that costs nothing: it takes every part and forgets it, keeps manifests, and knows just enough of S3 for one
// dump. It writes its port to stdout and ends with its parent.
import { createServer } from 'node:http';

const manifests = new Map();
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://sink');
  if (request.method === 'PUT' && pathname.endsWith('/manifest.json')) {
    manifests.set(pathname, Buffer.concat(await request.toArray()));
    return response.writeHead(200, { etag: '"kept"' }).end();
  }
  request.resume().once('end', () => answer(request.method, pathname, searchParams, response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().once('end', () => process.exit());

function answer(method, pathname, query, response) {
  const isBucket = pathname.split('/').filter(Boolean).length === 1;
  if (method === 'PUT') return response.writeHead(200, { etag: '"swallowed"' }).end();
  if (query.has('uploads')) return xml(response, 'InitiateMultipartUploadResult', '<UploadId>swallow</UploadId>');
  if (method === 'POST') return xml(response, 'CompleteMultipartUploadResult', '<ETag>"swallowed"</ETag>');
  if (query.has('versioning')) return xml(response, 'VersioningConfiguration', '');
  if (query.has('location')) return xml(response, 'LocationConstraint', 'us-east-1');
  if (isBucket) return xml(response, 'ListBucketResult', '<IsTruncated>false</IsTruncated>');
  if (manifests.has(pathname)) return response.end(manifests.get(pathname));
  return xml(response, 'Error', '<Code>NoSuchKey</Code><Message>nothing is kept here</Message>', 404);
}

function xml(response, name, content, status = 200) {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><${name}>${content}</${name}>`);
}
