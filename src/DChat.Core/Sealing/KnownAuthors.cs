using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Topics;
using NSec.Cryptography;

namespace DChat.Core.Sealing;

/// <summary>
/// Opens payloads, and remembers of the authors heard last the payload key and the certificate that held, so that the
/// second message derives nothing and checks one signature less. Whoever floods topics with authors costs their readers
/// some time a message, and no memory: the room is one for the whole process. Thread-safe.
/// </summary>
internal sealed class KnownAuthors(Topic topic, DerivedKeys keys) : IDisposable
{
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>Decrypts and checks the payload of an envelope whose signature holds.</summary>
    public OpenStatus OpenPayload(in EnvelopeView view, Span<byte> plaintext, out Payload payload)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(EnvelopeOpener));
        var id = new DerivedKeyId(this, view.AuthorKey, view.KeyGeneration, DerivedKeyUse.Payload);
        if (keys.Rent(id) is not { } known)
        {
            return OpenAsUnknown(id, view, plaintext, out payload);
        }

        try
        {
            return Open(known.Key, known.Origin, view, plaintext, out payload);
        }
        finally
        {
            keys.Return(known);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            keys.Forget(this);
        }
    }

    // The key is kept only when the payload is valid: otherwise forged authors would push real ones out of the cache.
    private OpenStatus OpenAsUnknown(DerivedKeyId id, in EnvelopeView view, Span<byte> plaintext, out Payload payload)
    {
        var key = topic.DerivePayloadKey(view.KeyGeneration, view.AuthorKey);
        var status = Open(key, known: null, view, plaintext, out payload);
        if (status == OpenStatus.Opened)
        {
            Remember(id, key, new AuthorOrigin(payload.DeviceKey, payload.Certificate.ToArray()));
        }
        else
        {
            key.Dispose();
        }

        return status;
    }

    private OpenStatus Open(Key key, AuthorOrigin? known, in EnvelopeView view, Span<byte> plaintext, out Payload payload)
    {
        payload = default;
        if (!PayloadSeal.TryDecrypt(key, view, plaintext))
        {
            return OpenStatus.Undecipherable;
        }

        if (!Payload.TryRead(plaintext, out payload))
        {
            return OpenStatus.BadPayload;
        }

        // The certificate must have the same bytes: with the device alone, receivers would differ in what they refuse.
        if (known is not null && known.Device == payload.DeviceKey && payload.Certificate.SequenceEqual(known.Certificate))
        {
            return OpenStatus.Opened;
        }

        return AuthorCertificate.Verify(payload.Certificate, payload.DeviceKey, topic.Tag, view.KeyGeneration, view.AuthorKey)
            ? OpenStatus.Opened
            : OpenStatus.BadCertificate;
    }

    private void Remember(DerivedKeyId id, Key key, AuthorOrigin origin)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                key.Dispose();
                return;
            }

            keys.Return(keys.AddAndRent(id, key, origin));
        }
    }
}
