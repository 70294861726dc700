namespace DChat.Interop.Tests;

/// <summary>Which of the two does something.</summary>
public enum Side
{
    /// <summary>Our host.</summary>
    CSharp,

    /// <summary>The js-libp2p peer.</summary>
    Js,
}
