using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using DChat.Core.Keys;

namespace DChat.Core.Topics;

/// <summary>
/// A topic as text that people copy: <c>dchat1_</c> and base64url (RFC 4648 §5, no padding) of
/// <c>kind (1: 0 public, 1 private) ‖ network length (1) ‖ network ‖ name length (1) ‖ name ‖ secret (32, private only) ‖
/// checksum (4)</c>. The checksum is the start of SHA-256(label ‖ everything before it). An invite to a private topic
/// contains its secret.
/// </summary>
public static class TopicInvite
{
    /// <summary>What every invite of this version starts with.</summary>
    public const string Prefix = "dchat1_";

    /// <summary>The longest invite in characters.</summary>
    public const int MaxLength = 273;

    private const string Scheme = "dchat";
    private const byte PublicKind = 0;
    private const byte PrivateKind = 1;
    private const int ChecksumLength = 4;
    private const int MaxPayloadLength = 1 + 1 + NetworkName.MaxLength + 1 + Topic.MaxNameLength + Topic.SecretLength;

    /// <summary>Writes the invite of a topic.</summary>
    public static string Create(Topic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        byte[] payload =
        [
            topic.IsPublic ? PublicKind : PrivateKind,
            (byte)topic.NetworkBytes.Length, .. topic.NetworkBytes,
            (byte)topic.NameBytes.Length, .. topic.NameBytes,
            .. topic.IsPublic ? [] : topic.ExportSecret(),
        ];
        return Prefix + Base64Url.EncodeToString([.. payload, .. Checksum(payload)]);
    }

    /// <summary>Reads an invite; white space around it is ignored.</summary>
    /// <param name="text">What the user pasted.</param>
    /// <param name="topic">The topic; null when false is returned.</param>
    /// <param name="error">What is wrong with the text, as a sentence for the user; null when true is returned.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Topic? topic, [NotNullWhen(false)] out string? error)
    {
        topic = null;
        var invite = text.AsSpan().Trim();
        if (!invite.StartsWith(Prefix, StringComparison.Ordinal))
        {
            error = IsOtherVersion(invite)
                ? "This invite is of a version this program does not know: update it."
                : $"This is not an invite: an invite starts with {Prefix}.";
            return false;
        }

        if (invite.Length > MaxLength)
        {
            error = $"This invite is too long: {invite.Length} characters, at most {MaxLength}.";
            return false;
        }

        Span<byte> bytes = stackalloc byte[MaxPayloadLength + ChecksumLength];
        if (!TryDecodeCanonical(invite[Prefix.Length..], ref bytes)
            || !Checksum(bytes[..^ChecksumLength]).AsSpan().SequenceEqual(bytes[^ChecksumLength..]))
        {
            error = "This invite is damaged: copy it again in full, its checksum does not match.";
            return false;
        }

        topic = ReadPayload(bytes[..^ChecksumLength], out error);
        CryptographicOperations.ZeroMemory(bytes);
        return topic is not null;
    }

    private static bool IsOtherVersion(ReadOnlySpan<char> invite)
    {
        if (!invite.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        var digits = invite[Scheme.Length..].IndexOfAnyExceptInRange('0', '9');
        return digits > 0 && invite[Scheme.Length + digits] == '_';
    }

    // Base64 can spell the same bytes in several ways (spare bits, white space); an invite has exactly one spelling.
    private static bool TryDecodeCanonical(ReadOnlySpan<char> text, ref Span<byte> bytes)
    {
        if (!Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var written)
            || written < ChecksumLength)
        {
            return false;
        }

        bytes = bytes[..written];
        return text.SequenceEqual(Base64Url.EncodeToString(bytes));
    }

    private static Topic? ReadPayload(ReadOnlySpan<byte> payload, out string? error)
    {
        error = "This invite is malformed: ask for a new one.";
        if (payload.Length < 1
            || payload[0] is not (PublicKind or PrivateKind)
            || !TryTake(payload[1..], out var network, out var rest)
            || !NetworkName.IsValid(network)
            || !TryTake(rest, out var nameBytes, out var secret)
            || secret.Length != (payload[0] == PrivateKind ? Topic.SecretLength : 0))
        {
            return null;
        }

        var name = TopicName.TryDecode(nameBytes, out var nameError);
        if (name is null)
        {
            error = nameError;
            return null;
        }

        error = null;
        var networkName = Encoding.ASCII.GetString(network);
        return payload[0] == PrivateKind ? Topic.Private(networkName, name, secret) : Topic.Public(networkName, name);
    }

    private static bool TryTake(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> value, out ReadOnlySpan<byte> rest)
    {
        if (bytes.Length == 0 || bytes.Length < 1 + bytes[0])
        {
            value = rest = default;
            return false;
        }

        value = bytes.Slice(1, bytes[0]);
        rest = bytes[(1 + bytes[0])..];
        return true;
    }

    private static byte[] Checksum(ReadOnlySpan<byte> payload) =>
        SHA256.HashData([.. KeyLabels.InviteChecksum, .. payload])[..ChecksumLength];
}
