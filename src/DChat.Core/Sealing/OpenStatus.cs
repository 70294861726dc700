namespace DChat.Core.Sealing;

/// <summary>What came of opening an envelope. The numbers and the names are stable.</summary>
public enum OpenStatus : byte
{
    /// <summary>Everything holds: the message is the device's.</summary>
    Opened = 1,

    /// <summary>Not an envelope in its canonical form.</summary>
    Malformed = 2,

    /// <summary>An envelope version or retention class that this program does not know: a newer one may.</summary>
    Unsupported = 3,

    /// <summary>Of another topic or network.</summary>
    NotThisTopic = 4,

    /// <summary>The author key did not sign it.</summary>
    BadSignature = 5,

    /// <summary>Signed, but not sealed with the topic's secret for this header.</summary>
    Undecipherable = 6,

    /// <summary>Sealed by a member, but the plaintext is not laid out or padded as it must be.</summary>
    BadPayload = 7,

    /// <summary>Sealed by a member, but the device it names did not sign for the author key.</summary>
    BadCertificate = 8,
}
