namespace DChat.Silo.Configuration;

/// <summary>Who keeps messages.</summary>
internal enum LogProvider
{
    /// <summary>This machine.</summary>
    Local,

    /// <summary>Azure Storage.</summary>
    Azure,
}
