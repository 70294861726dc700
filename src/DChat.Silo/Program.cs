using DChat.Silo.Hosting;

return await SiloProgram.RunAsync(args);
