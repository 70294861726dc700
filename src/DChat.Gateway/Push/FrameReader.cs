using System.Buffers;
using System.IO.Pipelines;
using DChat.Libp2p;
using DChat.Libp2p.Multiformats;

namespace DChat.Gateway.Push;

/// <summary>Reads a frame in two steps, so that room for it is made when its length is known and before the rest is read.</summary>
internal static class FrameReader
{
    /// <summary>Reads the length before a frame; null when the input ends there.</summary>
    /// <exception cref="Libp2pException">
    /// The length is 0, malformed or cut off (<see cref="Libp2pErrorCodes.Malformed"/>), or over the limit
    /// (<see cref="Libp2pErrorCodes.LimitReached"/>).
    /// </exception>
    public static async ValueTask<int?> ReadLengthAsync(PipeReader input, int maxLength, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var status = Uvarint.TryRead(read.Buffer, out var length, out var prefix);
            if (status == OperationStatus.InvalidData)
            {
                throw new Libp2pException(Libp2pErrorCodes.Malformed, "A length prefix is malformed.");
            }

            if (status == OperationStatus.Done)
            {
                input.AdvanceTo(read.Buffer.GetPosition(prefix));
                if (length == 0)
                {
                    throw new Libp2pException(Libp2pErrorCodes.Malformed, "A message is empty.");
                }

                return length <= (ulong)maxLength
                    ? (int)length
                    : throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"A message of {length} bytes is over the limit of {maxLength}.");
            }

            var isEmpty = read.Buffer.IsEmpty;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return isEmpty ? null : throw CutOff();
            }
        }
    }

    /// <summary>Reads what comes after the length.</summary>
    /// <exception cref="Libp2pException">The input ends before (<see cref="Libp2pErrorCodes.Malformed"/>).</exception>
    public static async Task<byte[]> ReadBodyAsync(PipeReader input, int length, CancellationToken cancellationToken)
    {
        var body = new byte[length];
        var at = 0;
        while (at < length)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, length - at));
            part.CopyTo(body.AsSpan(at));
            at += (int)part.Length;
            input.AdvanceTo(part.End);
            if (read.IsCompleted && at < length)
            {
                throw CutOff();
            }
        }

        return body;
    }

    private static Libp2pException CutOff() => new(Libp2pErrorCodes.Malformed, "The input ends within a message.");
}
