using System.Buffers;
using System.IO.Pipelines;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>Takes whole RPCs off a stream. A long one is taken in pieces, or it would wait for a window that waits for it.</summary>
internal sealed class GossipReader(PipeReader input, int maxLength) : IDisposable
{
    /// <summary>RPCs up to this length are taken in one piece: well below the window that every stream begins with.</summary>
    private const int PieceLength = 64 * 1024;

    /// <summary>Buffers up to this length are kept from one RPC to the next.</summary>
    private const int KeptLength = 64 * 1024;

    private byte[] _buffer = [];

    /// <summary>The next RPC, good until the next call; null at the end of the stream.</summary>
    /// <exception cref="Libp2pException">The stream was reset or ends within an RPC, or an RPC is too long.</exception>
    internal async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length > KeptLength)
        {
            // One long RPC must not cost its length for as long as the peer stays.
            Dispose();
        }

        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var prefix = ReadPrefix(buffer, out var length);
            if (prefix > 0 && buffer.Length - prefix >= length)
            {
                Ensure(length);
                buffer.Slice(prefix, length).CopyTo(_buffer);
                input.AdvanceTo(buffer.GetPosition(prefix + length));
                return _buffer.AsMemory(0, length);
            }

            if (prefix > 0 && length > PieceLength)
            {
                input.AdvanceTo(buffer.GetPosition(prefix));
                await ReadPiecesAsync(length, cancellationToken).ConfigureAwait(false);
                return _buffer.AsMemory(0, length);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return buffer.IsEmpty ? null : throw new Libp2pException(Libp2pErrorCodes.Malformed, "The stream ends within an RPC.");
            }
        }
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int ReadPrefix(in ReadOnlySequence<byte> buffer, out int length)
    {
        length = 0;
        switch (Uvarint.TryRead(buffer, out var value, out var consumed))
        {
            case OperationStatus.NeedMoreData:
                return 0;
            case OperationStatus.InvalidData:
                throw new Libp2pException(Libp2pErrorCodes.Malformed, "The length of an RPC is malformed.");
        }

        if (value > (ulong)maxLength)
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"An RPC of {value} bytes is over the limit of {maxLength}.");
        }

        length = (int)value;
        return consumed;
    }

    /// <summary>The buffer grows only as bytes arrive: a length alone costs nothing.</summary>
    private async ValueTask ReadPiecesAsync(int length, CancellationToken cancellationToken)
    {
        for (var at = 0; at < length;)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var piece = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, length - at));
            Ensure(at + (int)piece.Length, at);
            piece.CopyTo(_buffer.AsSpan(at));
            at += (int)piece.Length;
            input.AdvanceTo(piece.End);
            if (result.IsCompleted && at < length)
            {
                throw new Libp2pException(Libp2pErrorCodes.Malformed, "The stream ends within an RPC.");
            }
        }
    }

    private void Ensure(int length, int kept = 0)
    {
        if (_buffer.Length >= length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, 2 * kept));
        _buffer.AsSpan(0, kept).CopyTo(larger);
        Dispose();
        _buffer = larger;
    }
}
