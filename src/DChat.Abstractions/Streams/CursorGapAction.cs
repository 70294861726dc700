namespace DChat.Abstractions.Streams;

/// <summary>
/// What a subscription does when its cursor cannot be continued (<see cref="FeedErrors.CursorGap"/>): the log is
/// another one than before, has gone back, or was pruned past the cursor.
/// </summary>
public enum CursorGapAction
{
    /// <summary>End the subscription with the error, so that nothing is skipped or repeated unnoticed.</summary>
    Throw = 0,

    /// <summary>Read the log again from its oldest message; messages seen before may come again.</summary>
    Restart = 1,

    /// <summary>Go on with the next new message; what lies between is skipped.</summary>
    SkipToHead = 2,
}
