using System.Buffers;
using System.Security.Cryptography;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Sealing;

/// <summary>Verifies and opens the messages of one topic. Thread-safe until disposed.</summary>
/// <param name="topic">The topic.</param>
public sealed class EnvelopeOpener(Topic topic) : IDisposable
{
    private readonly KnownAuthors _authors = new(topic, DerivedKeys.OfProcess);

    /// <summary>Opens an envelope: checks form, topic, signature, seal, padding and certificate, in this order.</summary>
    /// <param name="envelope">The envelope and nothing else.</param>
    /// <exception cref="ObjectDisposedException">The opener is disposed.</exception>
    public OpenResult Open(ReadOnlySpan<byte> envelope)
    {
        var status = ReadAndVerify(envelope, out var view);
        if (status != OpenStatus.Opened)
        {
            return new OpenResult(status, null);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(view.Ciphertext.Length);
        var plaintext = buffer.AsSpan(0, view.Ciphertext.Length - PayloadSeal.TagLength);
        try
        {
            status = _authors.OpenPayload(view, plaintext, out var payload);
            return new OpenResult(status, status == OpenStatus.Opened ? ToMessage(envelope, view, payload) : null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _authors.Dispose();

    private OpenStatus ReadAndVerify(ReadOnlySpan<byte> envelope, out EnvelopeView view)
    {
        var rejection = Envelope.TryRead(envelope, out view);
        if (rejection != RejectionCode.None)
        {
            return rejection is RejectionCode.UnknownVersion or RejectionCode.UnknownClass
                ? OpenStatus.Unsupported
                : OpenStatus.Malformed;
        }

        if (view.TopicTag != topic.Tag || !view.Network.SequenceEqual(topic.NetworkBytes))
        {
            return OpenStatus.NotThisTopic;
        }

        return Envelope.VerifySignature(view) ? OpenStatus.Opened : OpenStatus.BadSignature;
    }

    private static OpenedMessage ToMessage(ReadOnlySpan<byte> envelope, in EnvelopeView view, in Payload payload) => new()
    {
        MessageId = MessageId.Compute(envelope),
        DeviceKey = payload.DeviceKey,
        AuthorKey = view.AuthorKey,
        KeyGeneration = view.KeyGeneration,
        Sequence = view.Sequence,
        Hlc = view.Hlc,
        Class = view.Class,
        ComposedAt = payload.ComposedAt,
        Content = payload.Content.ToArray(),
    };
}
