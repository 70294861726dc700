using System.Buffers;
using System.IO.Pipelines;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Wire;

/// <summary>Messages with a <see cref="Uvarint"/> length before them, as most libp2p protocols frame theirs.</summary>
public static class LengthPrefixed
{
    /// <summary>Takes one whole message off the front of <paramref name="buffer"/>; false when it is not all there yet.</summary>
    /// <exception cref="Libp2pException">
    /// The prefix is malformed (<see cref="Libp2pErrorCodes.Malformed"/>) or names more than
    /// <paramref name="maxLength"/> bytes (<see cref="Libp2pErrorCodes.LimitReached"/>).
    /// </exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, out ReadOnlySequence<byte> message)
    {
        message = default;
        switch (Uvarint.TryRead(buffer, out var length, out var prefix))
        {
            case OperationStatus.NeedMoreData:
                return false;
            case OperationStatus.InvalidData:
                throw new Libp2pException(Libp2pErrorCodes.Malformed, "A length prefix is malformed.");
        }

        if (length > (ulong)maxLength)
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"A message of {length} bytes is over the limit of {maxLength}.");
        }

        if (buffer.Length - prefix < (long)length)
        {
            return false;
        }

        message = buffer.Slice(prefix, (long)length);
        buffer = buffer.Slice(message.End);
        return true;
    }

    /// <summary>Reads one message; null when the input ends before its first byte.</summary>
    /// <exception cref="Libp2pException">As <see cref="TryRead"/> says, or the input ends within a message.</exception>
    public static async ValueTask<byte[]?> ReadAsync(PipeReader input, int maxLength, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (TryRead(ref buffer, maxLength, out var message))
            {
                var bytes = message.ToArray();
                input.AdvanceTo(buffer.Start);
                return bytes;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return buffer.IsEmpty ? null : throw new Libp2pException(Libp2pErrorCodes.Malformed, "The input ends within a message.");
            }
        }
    }

    /// <summary>Writes one message and flushes it.</summary>
    internal static async Task SendAsync(PipeWriter output, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        Write(output, message.Span);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes one message without flushing.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Advance(Uvarint.Write(output.GetSpan(Uvarint.MaxLength), (ulong)message.Length));
        output.Write(message);
    }
}
