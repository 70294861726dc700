using DChat.Core.Topics;

namespace DChat.Core.Identity;

/// <summary>
/// Verifies the author certificates of one topic and remembers the good ones, so that an author's second message costs
/// one signature check instead of two. Thread-safe.
/// </summary>
internal sealed class CertificateCache(TopicTag topic)
{
    /// <summary>
    /// How many authors are remembered. Then all are forgotten: whoever floods a topic with authors makes others pay one
    /// more check each, and no memory.
    /// </summary>
    public const int MaxAuthors = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<(AuthorKey, uint), (DeviceKey, byte[])> _verified = [];

    public bool Verify(ReadOnlySpan<byte> certificate, DeviceKey device, uint keyGeneration, AuthorKey author)
    {
        lock (_gate)
        {
            // The same bytes, not just the same device: what one receiver refuses, all refuse.
            if (_verified.TryGetValue((author, keyGeneration), out var known)
                && known.Item1 == device
                && certificate.SequenceEqual(known.Item2))
            {
                return true;
            }
        }

        if (!AuthorCertificate.Verify(certificate, device, topic, keyGeneration, author))
        {
            return false;
        }

        lock (_gate)
        {
            if (_verified.Count >= MaxAuthors)
            {
                _verified.Clear();
            }

            _verified[(author, keyGeneration)] = (device, certificate.ToArray());
        }

        return true;
    }
}
