namespace DChat.Abstractions.Messages;

/// <summary>Whether a read could start where it was asked to.</summary>
[GenerateSerializer, Alias("dchat.ReadStatus")]
public enum ReadStatus : byte
{
    /// <summary>The messages follow the position without a gap.</summary>
    Ok = 1,

    /// <summary>The position is of another log, ahead of the head or below the floor: reconcile the range instead (<c>cursor-gap</c>).</summary>
    CursorGap = 2,
}
