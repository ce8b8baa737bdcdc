// What stands in front of each message of gRPC: whether it is compressed, and its length (grpc.io, "gRPC over HTTP2", Length-Prefixed-Message).

export const MESSAGE_HEAD_BYTES = 5

/** That of a message that is not compressed. */
export function writeMessageHead(target: Buffer, at: number, length: number): void {
  target[at] = 0
  target[at + 1] = length >>> 24
  target[at + 2] = length >>> 16
  target[at + 3] = length >>> 8
  target[at + 4] = length
}
