using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Noise;

/// <summary>
/// The bytes of a connection after the handshake, encrypted straight into the transport's buffer and decrypted straight
/// into the caller's. Holds no buffer while nothing arrives. One reader and one writer at a time. Disposing it completes
/// the transport's pipes.
/// </summary>
internal sealed class NoiseStream(IDuplexPipe transport, NoiseCipher send, NoiseCipher receive) : DuplexStream
{
    /// <summary>Plaintext bytes of a full frame. One less than the spec allows: prefix and tag then make 64 KiB, a size pools have.</summary>
    internal const int MaxPlaintext = 65536 - NoiseFraming.PrefixLength - NoiseCipher.TagLength;

    /// <summary>Plaintext bytes encrypted before they are written: four full frames, which make 256 KiB.</summary>
    internal const int MaxBatch = 4 * MaxPlaintext;

    private const int MaxMessage = ushort.MaxValue;

    // What a caller's buffer was too short for; rented while not empty.
    private byte[]? _plaintext;
    private ReadOnlyMemory<byte> _unread;

    /// <inheritdoc/>
    /// <remarks>A read of zero bytes returns once a whole frame is there, so that callers rent buffers only when they can fill them.</remarks>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_plaintext is not null)
            {
                return TakeUnread(buffer.Span);
            }

            var result = await transport.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var rest = result.Buffer;
            if (!NoiseFraming.TryRead(ref rest, MaxMessage, out _))
            {
                transport.Input.AdvanceTo(rest.Start, rest.End);
                if (result.IsCompleted)
                {
                    return rest.IsEmpty ? 0 : throw Violation("The connection ends within a Noise message.");
                }
            }
            else if (buffer.IsEmpty)
            {
                transport.Input.AdvanceTo(result.Buffer.Start);
                return 0;
            }
            else
            {
                rest = result.Buffer;
                var read = DecryptFrames(ref rest, buffer.Span);
                transport.Input.AdvanceTo(rest.Start);

                // A frame may hold nothing, which is not the end.
                if (read > 0)
                {
                    return read;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var length = Math.Min(buffer.Length, MaxBatch);
            Encrypt(buffer.Span[..length]);
            buffer = buffer[length..];
            var flush = await transport.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (flush.IsCompleted)
            {
                throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "The connection is closed.", isTransient: true);
            }
        }
    }

    /// <summary>Wipes the keys and lets go of the transport. Only when neither a read nor a write is running.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            send.Dispose();
            receive.Dispose();
            ReleasePlaintext();
            transport.Input.Complete();
            transport.Output.Complete(new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "The connection is closed.", isTransient: true));
        }

        base.Dispose(disposing);
    }

    private static Libp2pException Violation(string message) => new(Libp2pErrorCodes.ProtocolViolation, message);

    /// <summary>Encrypts to frames that lie behind each other in one buffer, so that they leave in one system call.</summary>
    private void Encrypt(ReadOnlySpan<byte> plaintext)
    {
        var frames = (plaintext.Length + MaxPlaintext - 1) / MaxPlaintext;
        var total = plaintext.Length + (frames * (NoiseFraming.PrefixLength + NoiseCipher.TagLength));
        var output = transport.Output.GetSpan(total);
        while (!plaintext.IsEmpty)
        {
            var length = Math.Min(plaintext.Length, MaxPlaintext);
            var message = length + NoiseCipher.TagLength;
            BinaryPrimitives.WriteUInt16BigEndian(output, (ushort)message);
            send.Encrypt(plaintext[..length], output.Slice(NoiseFraming.PrefixLength, message));
            plaintext = plaintext[length..];
            output = output[(NoiseFraming.PrefixLength + message)..];
        }

        transport.Output.Advance(total);
    }

    /// <summary>Decrypts whole frames while they fit; the first goes to <see cref="_unread"/> when even it does not.</summary>
    private int DecryptFrames(ref ReadOnlySequence<byte> input, Span<byte> output)
    {
        var read = 0;
        var rest = input;
        while (NoiseFraming.TryRead(ref rest, MaxMessage, out var frame))
        {
            var length = (int)frame.Length - NoiseCipher.TagLength;
            if (length < 0)
            {
                throw Violation("A Noise message is shorter than its tag.");
            }

            if (length > output.Length - read)
            {
                if (read > 0)
                {
                    break;
                }

                _plaintext = ArrayPool<byte>.Shared.Rent(length);
                Decrypt(frame, _plaintext);
                _unread = _plaintext.AsMemory(0, length);
                input = rest;
                return TakeUnread(output);
            }

            Decrypt(frame, output[read..]);
            read += length;
            input = rest;
        }

        return read;
    }

    private void Decrypt(in ReadOnlySequence<byte> frame, Span<byte> output)
    {
        bool authentic;
        if (frame.IsSingleSegment)
        {
            authentic = receive.TryDecrypt(frame.FirstSpan, output);
        }
        else
        {
            // Gathered where the plaintext goes, and decrypted in place.
            var ciphertext = frame.Slice(0, frame.Length - NoiseCipher.TagLength);
            output = output[..(int)ciphertext.Length];
            ciphertext.CopyTo(output);
            Span<byte> tag = stackalloc byte[NoiseCipher.TagLength];
            frame.Slice(ciphertext.End).CopyTo(tag);
            authentic = receive.TryDecryptInPlace(output, tag);
        }

        if (!authentic)
        {
            throw Violation("A Noise message does not decrypt.");
        }
    }

    private int TakeUnread(Span<byte> output)
    {
        var length = Math.Min(output.Length, _unread.Length);
        _unread.Span[..length].CopyTo(output);
        _unread = _unread[length..];
        if (_unread.IsEmpty)
        {
            ReleasePlaintext();
        }

        return length;
    }

    private void ReleasePlaintext()
    {
        if (_plaintext is { } rented)
        {
            _plaintext = null;
            _unread = default;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
