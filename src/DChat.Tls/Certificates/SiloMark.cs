using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace DChat.Tls.Certificates;

/// <summary>
/// What makes a certificate a silo's: the URI <see cref="Uri"/> among its subject alternative names (RFC 5280, 4.2.1.6). The
/// authority decides who gets it; a certificate without it is a client's.
/// </summary>
public static class SiloMark
{
    /// <summary>The URI, compared byte by byte.</summary>
    public const string Uri = "dchat://silo";

    private const string SubjectAlternativeName = "2.5.29.17";

    // uniformResourceIdentifier [6] IA5String
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>Whether the certificate has the mark.</summary>
    public static bool IsOn(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName).Any(extension => IsOn(extension.RawData));
    }

    /// <summary>The extension that carries the mark, for who issues certificates.</summary>
    public static X509Extension CreateExtension()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(Uri, UriKind.Absolute));
        return names.Build();
    }

    /// <summary>The same for the bytes of the extension (GeneralNames).</summary>
    internal static bool IsOn(byte[] extension)
    {
        try
        {
            var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag() == UriTag)
                {
                    // Builders of URIs add the slash of an empty path.
                    if (names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag) is Uri or Uri + "/")
                    {
                        return true;
                    }
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }

            return false;
        }
        catch (Exception malformed) when (malformed is AsnContentException or CryptographicException or DecoderFallbackException)
        {
            return false;
        }
    }
}
