using System.Buffers;
using System.Security.Cryptography;
using DChat.Core.Identity;
using DChat.Core.Topics;

namespace DChat.Core.Messages;

/// <summary>Verifies and opens the messages of one topic. Thread-safe.</summary>
/// <param name="topic">The topic.</param>
public sealed class EnvelopeOpener(Topic topic) : IDisposable
{
    private readonly CertificateCache _certificates = new(topic.Tag);
    private int _disposed;

    /// <summary>Opens an envelope: checks form, topic, signature, seal, padding and certificate, in this order.</summary>
    /// <param name="envelope">The envelope and nothing else.</param>
    /// <exception cref="ObjectDisposedException">The opener is disposed.</exception>
    public OpenResult Open(ReadOnlySpan<byte> envelope)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        switch (Envelope.TryRead(envelope, out var view))
        {
            case RejectionCode.None:
                break;
            case RejectionCode.UnknownVersion or RejectionCode.UnknownClass:
                return new OpenResult(OpenStatus.Unsupported, null);
            default:
                return new OpenResult(OpenStatus.Malformed, null);
        }

        if (view.TopicTag != topic.Tag || !view.Network.SequenceEqual(topic.NetworkBytes))
        {
            return new OpenResult(OpenStatus.NotThisTopic, null);
        }

        if (!Envelope.VerifySignature(view))
        {
            return new OpenResult(OpenStatus.BadSignature, null);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(view.Ciphertext.Length);
        var plaintext = buffer.AsSpan(0, view.Ciphertext.Length - PayloadSeal.TagLength);
        var status = OpenPayload(view, plaintext, out var payload);
        var result = new OpenResult(status, status == OpenStatus.Opened ? ToMessage(envelope, view, payload) : null);
        CryptographicOperations.ZeroMemory(plaintext);
        ArrayPool<byte>.Shared.Return(buffer);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => Volatile.Write(ref _disposed, 1);

    private OpenStatus OpenPayload(in EnvelopeView view, Span<byte> plaintext, out Payload payload)
    {
        payload = default;
        using var key = topic.DerivePayloadKey(view.KeyGeneration, view.AuthorKey);
        if (!PayloadSeal.TryDecrypt(key, view, plaintext))
        {
            return OpenStatus.Undecipherable;
        }

        if (!Payload.TryRead(plaintext, out payload))
        {
            return OpenStatus.BadPayload;
        }

        return _certificates.Verify(payload.Certificate, payload.DeviceKey, view.KeyGeneration, view.AuthorKey)
            ? OpenStatus.Opened
            : OpenStatus.BadCertificate;
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
