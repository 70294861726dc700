using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;
using NSec.Cryptography;

namespace DChat.Core.Sealing;

/// <summary>
/// Opens payloads, and remembers of each author the payload key and the certificate that held, so that the second message
/// derives nothing and checks one signature less. Thread-safe.
/// </summary>
internal sealed class KnownAuthors(Topic topic) : IDisposable
{
    /// <summary>
    /// How many authors are remembered. Then all are forgotten: whoever floods a topic with authors costs its readers some
    /// microseconds a message, and no memory.
    /// </summary>
    public const int MaxAuthors = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(AuthorKey, uint), Author> _authors = [];
    private bool _disposed;

    /// <summary>How many authors are remembered.</summary>
    public int Count { get { lock (_gate) { return _authors.Count; } } }

    /// <summary>Decrypts and checks the payload of an envelope whose signature holds.</summary>
    public OpenStatus OpenPayload(in EnvelopeView view, Span<byte> plaintext, out Payload payload)
    {
        payload = default;
        if (TryDecryptAsKnown(view, plaintext, out var deciphered) is { } known)
        {
            return deciphered ? CheckPayload(view, plaintext, known, out payload) : OpenStatus.Undecipherable;
        }

        var key = topic.DerivePayloadKey(view.KeyGeneration, view.AuthorKey);
        var status = PayloadSeal.TryDecrypt(key, view, plaintext)
            ? CheckPayload(view, plaintext, known: null, out payload)
            : OpenStatus.Undecipherable;
        if (status == OpenStatus.Opened)
        {
            Remember((view.AuthorKey, view.KeyGeneration), new Author(key, payload.DeviceKey, payload.Certificate.ToArray()));
        }
        else
        {
            key.Dispose();
        }

        return status;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Forget();
        }
    }

    // Under the lock, so that nobody disposes the key meanwhile.
    private Author? TryDecryptAsKnown(in EnvelopeView view, Span<byte> plaintext, out bool deciphered)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(EnvelopeOpener));
            var author = _authors.GetValueOrDefault((view.AuthorKey, view.KeyGeneration));
            deciphered = author is not null && PayloadSeal.TryDecrypt(author.PayloadKey, view, plaintext);
            return author;
        }
    }

    private OpenStatus CheckPayload(in EnvelopeView view, ReadOnlySpan<byte> plaintext, Author? known, out Payload payload)
    {
        if (!Payload.TryRead(plaintext, out payload))
        {
            return OpenStatus.BadPayload;
        }

        // The same bytes, not just the same device: what one receiver refuses, all refuse.
        if (known is not null && known.Device == payload.DeviceKey && payload.Certificate.SequenceEqual(known.Certificate))
        {
            return OpenStatus.Opened;
        }

        return AuthorCertificate.Verify(payload.Certificate, payload.DeviceKey, topic.Tag, view.KeyGeneration, view.AuthorKey)
            ? OpenStatus.Opened
            : OpenStatus.BadCertificate;
    }

    private void Remember((AuthorKey, uint) id, Author author)
    {
        lock (_gate)
        {
            if (_disposed || _authors.ContainsKey(id))
            {
                author.PayloadKey.Dispose();
                return;
            }

            if (_authors.Count >= MaxAuthors)
            {
                Forget();
            }

            _authors[id] = author;
        }
    }

    private void Forget()
    {
        foreach (var author in _authors.Values)
        {
            author.PayloadKey.Dispose();
        }

        _authors.Clear();
    }

    private sealed record Author(Key PayloadKey, DeviceKey Device, byte[] Certificate);
}
