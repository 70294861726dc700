using System.Globalization;
using System.Net;

namespace DChat.Libp2p.Addresses;

/// <summary>Names in <c>/dns</c>, <c>/dns4</c> and <c>/dns6</c>, which may be IP addresses in disguise.</summary>
internal static class HostNames
{
    internal static bool IsName(MultiaddrProtocol protocol) =>
        protocol == MultiaddrProtocol.Dns || protocol == MultiaddrProtocol.Dns4 || protocol == MultiaddrProtocol.Dns6;

    /// <summary>The class of a name, as far as it shows without asking anyone.</summary>
    internal static AddressClass ClassOf(string name)
    {
        if (IsNumeric(name, out var address))
        {
            return address is null ? AddressClass.Unusable : AddressClasses.Of(address);
        }

        var trimmed = name.TrimEnd('.');
        return IsOrIsBelow(trimmed, "localhost") ? AddressClass.Loopback
            : IsOrIsBelow(trimmed, "local") ? AddressClass.Private
            : AddressClass.Unresolved;
    }

    /// <summary>Whether a name is <c>localhost</c> or below it, which never leaves this machine (RFC 6761, 6.3).</summary>
    internal static bool IsLocalhost(string name) => IsOrIsBelow(name.TrimEnd('.'), "localhost");

    /// <summary>
    /// Whether a name is a number to resolvers that read it as <c>inet_aton</c> does: <c>127.1</c>, <c>0x7f.1</c>,
    /// <c>2130706433</c>, or an IPv6 address. A name whose last label is a number is no name (WHATWG URL, 3.5).
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="address">The address; null when the number is none.</param>
    internal static bool IsNumeric(string name, out IPAddress? address)
    {
        address = null;
        if (name.Contains(':', StringComparison.Ordinal))
        {
            _ = IPAddress.TryParse(name, out address);
            return true;
        }

        var labels = name.TrimEnd('.').Split('.');
        if (!TryReadNumber(labels[^1], out _) && !labels[^1].All(char.IsAsciiDigit))
        {
            return false;
        }

        address = ReadAddress(labels);
        return true;
    }

    /// <summary>One to four numbers; the last fills the bytes that are left.</summary>
    private static IPAddress? ReadAddress(string[] labels)
    {
        if (labels.Length > 4)
        {
            return null;
        }

        var bytes = new byte[4];
        for (var i = 0; i < labels.Length; i++)
        {
            var isLast = i == labels.Length - 1;
            var room = isLast ? 4 - i : 1;
            if (!TryReadNumber(labels[i], out var number) || number >= 1UL << (8 * room))
            {
                return null;
            }

            for (var at = i + room - 1; at >= i; at--, number >>= 8)
            {
                bytes[at] = (byte)number;
            }
        }

        return new IPAddress(bytes);
    }

    /// <summary>Decimal, or hexadecimal after <c>0x</c>, or octal after <c>0</c>.</summary>
    private static bool TryReadNumber(string label, out ulong number)
    {
        number = 0;
        if (label.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return label.Length == 2 || ulong.TryParse(label.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (label.Length < 2 || label[0] != '0')
        {
            return ulong.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }

        foreach (var digit in label)
        {
            if (digit is < '0' or > '7' || number > uint.MaxValue)
            {
                return false;
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return true;
    }

    private static bool IsOrIsBelow(string name, string domain) =>
        name.Equals(domain, StringComparison.OrdinalIgnoreCase) || name.EndsWith('.' + domain, StringComparison.OrdinalIgnoreCase);
}
