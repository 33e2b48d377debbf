import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Sets the ETag of a representation that follows from an actor's record `seq` alone, and says whether the client
 * already has it (RFC 9110 If-None-Match), in which case the answer is 304 without a body.
 */
export function isFresh(request: FastifyRequest, reply: FastifyReply, seq: number): boolean {
  const tag = `"${seq}"`;
  reply.header('etag', tag);
  const known = request.headers['if-none-match'];
  if (known === undefined) return false;
  return known.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
}
